package io.plasmabackup.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.exceptionfactory.jagged.bech32.Bech32;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with a key is told in plain words, and without the key. */
class KeysTest {

  @TempDir static Path folder;

  @BeforeAll
  static void tools() {
    Requires.tool("age");
    Requires.tool("ssh-keygen");
  }

  private static void assertUnusable(byte[] file, String why) {
    assertThatThrownBy(() -> Identity.parse(file))
        .isInstanceOf(UnusableKey.class)
        .hasMessageContaining(why)
        .hasNoCause();
  }

  private static void assertUnusable(String file, String why) {
    assertUnusable(file.getBytes(StandardCharsets.UTF_8), why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "age1",
        "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk",
        "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA!",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIBAS98GiFhPvcsST61a6HvWOQr09zoHLTNuydGYt0Rhp",
        "ssh-dss AAAAB3NzaC1kc3MAAACBAP",
        "no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBAS98GiFhPvcsST61a6HvWOQr09zoHLTNuydGYt0Rhp",
        "somebody@example.org"
      })
  void noRecipient(String text) {
    assertThat(Recipient.problem(text)).isPresent();
  }

  @Test
  void goodRecipients() {
    assertThat(Recipient.problem("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"))
        .isEmpty();
    assertThat(
            Recipient.problem(
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBAS98GiFhPvcsST61a6HvWOQr09zoHLTNuydGYt0Rhp"))
        .isEmpty();
  }

  @Test
  void pointsOfLowOrderAreNoRecipients() {
    // y = 1 and y = 0, and u = 0.
    for (int y = 0; y <= 1; y++) {
      byte[] blob = new byte[51];
      System.arraycopy(
          "\0\0\0\13ssh-ed25519\0\0\0\40".getBytes(StandardCharsets.US_ASCII), 0, blob, 0, 19);
      blob[19] = (byte) y;
      String line = "ssh-ed25519 " + Base64.getEncoder().encodeToString(blob);
      assertThat(Recipient.problem(line)).as(line).isPresent();
    }
    assertThat(Recipient.problem(Bech32.getEncoder().encode("age", new byte[32]).toString()))
        .isPresent();
  }

  @Test
  void privateKeysAreNoRecipientsAndAreNotShown() throws Exception {
    String secret = Files.readString(AgeFiles.age(folder).file());
    String line =
        secret.lines().filter(each -> each.startsWith("AGE-SECRET")).findFirst().orElseThrow();
    for (String text : new String[] {secret, line, line.toLowerCase(Locale.ROOT), " " + line}) {
      assertThat(Recipient.problem(text).orElseThrow())
          .contains("private key")
          .doesNotContain(line.substring(15))
          .doesNotContainIgnoringCase(line.substring(15));
    }
    Path ssh = AgeFiles.ssh(folder, "-t", "ed25519", "-N", "").file();
    assertThat(Recipient.problem(Files.readString(ssh)).orElseThrow()).contains("private key");
  }

  @Test
  void smallRsaKeysAreRefused() throws Exception {
    AgeFiles.KeyFile key = AgeFiles.ssh(folder, "-t", "rsa", "-b", "1024", "-N", "");
    assertThat(Recipient.problem(key.recipient()).orElseThrow()).contains("1024 bits", "2048");
    assertUnusable(Files.readAllBytes(key.file()), "1024 bits");
  }

  @Test
  void otherKindsOfSshKeysAreRefused() throws Exception {
    AgeFiles.KeyFile key = AgeFiles.ssh(folder, "-t", "ecdsa", "-N", "");
    assertThat(Recipient.problem(key.recipient())).isPresent();
    assertUnusable(Files.readAllBytes(key.file()), "a kind that age doesn't know");
  }

  @Test
  void passphrasesAreNotAskedFor() throws Exception {
    assertUnusable(
        Files.readAllBytes(AgeFiles.ssh(folder, "-t", "ed25519", "-N", "secret").file()),
        "passphrase");
    assertUnusable(
        Files.readAllBytes(
            AgeFiles.ssh(folder, "-t", "rsa", "-b", "2048", "-N", "secret", "-m", "PEM").file()),
        "passphrase");
    assertUnusable("age-encryption.org/v1\n-> scrypt x 18\n", "passphrase");
  }

  @Test
  void severalIdentitiesAndComments() throws Exception {
    String both =
        "# mine\n\n"
            + Files.readString(AgeFiles.age(folder).file())
            + "\r\n"
            + Files.readString(AgeFiles.age(folder).file());
    assertThat(Identity.parse(both.getBytes(StandardCharsets.UTF_8))).hasSize(2);
  }

  @Test
  void whatIsNoIdentity() throws Exception {
    String secret = Files.readString(AgeFiles.age(folder).file());
    assertUnusable("", "no key");
    assertUnusable("# nothing\n", "no key");
    assertUnusable(secret.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1Q"), "line 3");
    assertUnusable("AGE-PLUGIN-YUBIKEY-1QQQQ", "plugins");
    assertUnusable(Command.run("head", "-c", "1000", "/dev/urandom"), "");
    Path ssh = AgeFiles.ssh(folder, "-t", "ed25519", "-N", "").file();
    String pem = Files.readString(ssh);
    assertUnusable(pem.substring(0, pem.length() / 2), "");
    assertUnusable(pem.replaceFirst("\n.{10}", "\nAAAAAAAAAA"), "");
    assertUnusable(Files.readString(Path.of(ssh + ".pub")), "line 1");
  }
}
