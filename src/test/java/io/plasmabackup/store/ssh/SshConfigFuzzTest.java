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
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A user's ssh configuration, read without OpenSSH's help, and what that would say. */
class SshConfigFuzzTest {

  /** Long enough for a pattern to try every way to divide it. */
  private static final String HOST = "a".repeat(60);

  private final Path file;
  private final SshConfig config;

  SshConfigFuzzTest() throws IOException {
    file = Files.createTempFile("plasma-fuzz-", ".config");
    file.toFile().deleteOnExit();
    config =
        new SshConfig(
            new SshEnvironment(
                Path.of("/home/me"),
                "me",
                Optional.of(file),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(15),
                Bandwidth.UNLIMITED));
  }

  @FuzzTest
  void anyBytes(byte[] bytes) throws IOException {
    assertThat(SshConfigFile.parseEffective(new String(bytes, StandardCharsets.UTF_8)))
        .doesNotContainKey("");
    Files.write(file, bytes);
    List<HostSettings> route;
    try {
      route = config.route(SshTarget.of(HOST));
    } catch (Failure refused) {
      Refusals.check(refused, ExitCode.CONFIGURATION);
      return;
    }
    assertThat(route.getLast().alias()).isEqualTo(HOST);
    for (HostSettings host : route) {
      assertThat(host.port()).isBetween(1, 65_535);
      for (String word : List.of(host.hostName(), host.user())) {
        assertThat(word).isNotEmpty().doesNotStartWith("-").doesNotContainAnyWhitespaces();
      }
      assertThat(host.identityFiles()).allMatch(Path::isAbsolute);
      assertThat(host.knownHosts()).allMatch(Path::isAbsolute);
    }
  }
}
