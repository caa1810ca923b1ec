package io.plasmabackup.store.ssh;

import static io.plasmabackup.store.ssh.SshTests.assertConnectionFailure;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.testing.SshdServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which servers are trusted, and what is said about those that aren't. */
@Timeout(120)
class HostKeyTest {

  private static SshdServer server;

  @TempDir Path home;

  @BeforeAll
  static void startServer() {
    server = SshdServer.start();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private Path known(String... lines) throws Exception {
    return Files.write(home.resolve("known hosts"), List.of(lines));
  }

  private void connect(Path knownHosts) throws Failure {
    SshTarget target = SshTests.target(server, server.clientKey("ed25519"), knownHosts);
    SshConnection.open(target, SshTests.nothingAround(home)).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
  void oneKnownKeyOfAnyKindIsEnough(String type) throws Exception {
    connect(known(server.knownAs() + " " + server.hostKey(type)));
  }

  @Test
  void hashedNamesAreFound() throws Exception {
    Path file = known(server.knownAs() + " " + server.hostKey("ed25519"));
    SshdServer.run(List.of("ssh-keygen", "-q", "-H", "-f", file.toString()));
    assertThat(file).content().startsWith("|1|").doesNotContain(server.host());
    connect(file);
  }

  @Test
  void patternsCommentsAndBrokenLinesAreRead() throws Exception {
    connect(
        known(
            "# comment",
            "",
            "nonsense",
            "host ssh-ed25519 !!!notbase64",
            "other," + server.knownAs() + " " + server.hostKey("ecdsa") + " a comment"));
  }

  @Test
  void unknownKeyIsRefusedWithFingerprintAndCommand() throws Exception {
    long before = logins();
    assertConnectionFailure(
        () -> connect(known()),
        server.host() + ":" + server.port(),
        "not known",
        "ED25519 " + server.fingerprint("ed25519"),
        "ssh-keyscan -p " + server.port() + " -t ed25519 " + server.host() + " >> '",
        "/known hosts'");
    assertThat(logins()).isEqualTo(before);
  }

  private static long logins() throws Exception {
    return server.log().lines().filter(line -> line.startsWith("Accepted publickey")).count();
  }

  @Test
  void missingFileKnowsNobody() {
    assertConnectionFailure(() -> connect(home.resolve("absent")), "not known", "absent");
  }

  @Test
  void commandThatIsOfferedAddsTheKey() throws Exception {
    Path file = home.resolve("known_hosts");
    assertConnectionFailure(() -> connect(file), "not known");
    Files.writeString(
        file,
        SshdServer.run(
                List.of("ssh-keyscan", "-p", "" + server.port(), "-t", "ed25519", server.host()))
            .lines()
            .filter(line -> !line.startsWith("#"))
            .findFirst()
            .orElseThrow());
    connect(file);
  }

  @Test
  void keyThatIsKnownWithoutThePortIsAsGood() throws Exception {
    connect(known(server.host() + " " + server.hostKey("ed25519")));
  }

  @Test
  void otherKeyOfTheUsualPortIsNoChangeOfThisOne() throws Exception {
    Path other = server.generateKey("other_" + System.nanoTime(), "ed25519", "");
    Path file = known(server.host() + " " + Files.readString(other).strip());
    assertConnectionFailure(() -> connect(file), "not known");
  }

  @Test
  void negatedPatternIsNotMeant() throws Exception {
    Path file =
        known("*,!" + server.knownAs() + ",!" + server.host() + " " + server.hostKey("ed25519"));
    assertConnectionFailure(() -> connect(file), "not known");
  }

  @Test
  void changedKeyIsShoutedAbout() throws Exception {
    Path other = server.generateKey("other_" + System.nanoTime(), "ed25519", "");
    Path file = known("# first line", server.knownAs() + " " + Files.readString(other).strip());
    assertConnectionFailure(
        () -> connect(file),
        "HAS CHANGED",
        file + ":2",
        fingerprint(other),
        server.fingerprint("ed25519"),
        "ssh-keygen -R '" + server.knownAs() + "' -f '" + file + "'");
  }

  @Test
  void keyThatDiffersFromAllKnownOnesIsAChange() throws Exception {
    Path other = server.generateKey("other_" + System.nanoTime(), "rsa", "");
    Path file = known(server.knownAs() + " " + Files.readString(other).strip());
    assertConnectionFailure(
        () -> connect(file), "HAS CHANGED", fingerprint(other), server.fingerprint("rsa"));
  }

  @Test
  void revokedKeyIsRefusedThoughItIsKnown() throws Exception {
    Path file =
        known(
            server.knownAs() + " " + server.hostKey("ed25519"),
            "@revoked * " + server.hostKey("ed25519"));
    assertConnectionFailure(
        () -> connect(file), "revoked", file + ":2", server.fingerprint("ed25519"));
  }

  @Test
  void certificateOfAKnownAuthorityIsTrusted() throws Exception {
    try (SshdServer certified = certified(server.host())) {
      connectTo(certified, "@cert-authority * " + authorityKey(certified));
    }
  }

  @Test
  void certificateForAnotherHostIsNot() throws Exception {
    try (SshdServer certified = certified("another.example")) {
      assertConnectionFailure(
          () -> connectTo(certified, "@cert-authority * " + authorityKey(certified)), "principal");
    }
  }

  @Test
  void certificateOfAnUnknownAuthorityIsNot() throws Exception {
    try (SshdServer certified = certified(server.host())) {
      assertConnectionFailure(
          () -> connectTo(certified, "@cert-authority * " + server.hostKey("ed25519")),
          "not known");
    }
  }

  @Test
  void revokedAuthorityIsNot() throws Exception {
    try (SshdServer certified = certified(server.host())) {
      String key = authorityKey(certified);
      assertConnectionFailure(
          () -> connectTo(certified, "@cert-authority * " + key, "@revoked * " + key), "revoked");
    }
  }

  /** A server whose ed25519 key an authority has signed for {@code principal}. */
  private static SshdServer certified(String principal) throws Exception {
    SshdServer certified = SshdServer.start();
    Path authority = certified.generateKey("authority", "ed25519", "");
    SshdServer.run(
        List.of(
            "ssh-keygen",
            "-q",
            "-s",
            authority.toString().replace(".pub", ""),
            "-I",
            "test",
            "-h",
            "-n",
            principal,
            certified.directory().resolve("host_ed25519.pub").toString()));
    certified.configure(
        "HostCertificate " + certified.directory().resolve("host_ed25519-cert.pub"));
    return certified;
  }

  private static String authorityKey(SshdServer certified) throws Exception {
    return Files.readString(certified.directory().resolve("authority.pub")).strip();
  }

  private void connectTo(SshdServer certified, String... lines) throws Exception {
    SshTarget target = SshTests.target(certified, certified.clientKey("ed25519"), known(lines));
    SshConnection.open(target, SshTests.nothingAround(home)).close();
  }

  private static String fingerprint(Path publicKey) {
    return SshdServer.run(List.of("ssh-keygen", "-lf", publicKey.toString())).split(" ", -1)[1];
  }
}
