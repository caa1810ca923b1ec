package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.testing.Refusals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;

/** Whatever stands in known_hosts, a key that it doesn't hold is not trusted. */
class KnownHostsFuzzTest {

  private static final String KNOWN =
      "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  private static final String UNKNOWN =
      "AAAAC3NzaC1lZDI1NTE5AAAAIP/+/fz7+vn49/b19PPy8fDv7u3s6+rp6Ofm5eTj4uHg";

  private final Path file;
  private final HostSettings host;

  KnownHostsFuzzTest() throws IOException {
    file = Files.createTempFile("plasma-fuzz-", ".known_hosts");
    file.toFile().deleteOnExit();
    host =
        new HostSettings(
            "box",
            "a".repeat(60),
            2222,
            "me",
            List.of(),
            false,
            false,
            Optional.empty(),
            List.of(file),
            Optional.empty(),
            List.of());
  }

  private static PublicKey key(String base64) throws IOException, GeneralSecurityException {
    return PublicKeyEntry.parsePublicKeyEntry("ssh-ed25519 " + base64)
        .resolvePublicKey(null, Map.of(), PublicKeyEntryResolver.FAILING);
  }

  @FuzzTest
  void anyBytes(byte[] bytes) throws Exception {
    Files.write(file, bytes);
    KnownHosts known;
    try {
      known = KnownHosts.load(host, true);
    } catch (Failure refused) {
      Refusals.check(refused, ExitCode.CONNECTION);
      return;
    }
    assertThat(known.keyTypes()).doesNotContainNull().doesNotHaveDuplicates();
    known.check(key(KNOWN)).ifPresent(why -> Refusals.check(why, ExitCode.CONNECTION));
    Optional<Failure> unknown = known.check(key(UNKNOWN));
    unknown.ifPresent(why -> Refusals.check(why, ExitCode.CONNECTION));
    // Base64 can say the same in several ways, but not without these characters in a row.
    if (!new String(bytes, StandardCharsets.ISO_8859_1).contains("7u3s6")) {
      assertThat(unknown).isPresent();
    }
  }
}
