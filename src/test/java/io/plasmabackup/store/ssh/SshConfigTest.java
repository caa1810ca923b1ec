package io.plasmabackup.store.ssh;

import static io.plasmabackup.store.ssh.SshTests.assertConnectionFailure;
import static io.plasmabackup.store.ssh.SshTests.assertFailure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plasmabackup.ExitCode;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the user's ssh configuration does, with OpenSSH's client to ask and without. */
@Timeout(120)
class SshConfigTest {

  private static final Path SSH = Path.of("/usr/bin/ssh");

  @TempDir Path home;

  /** Whether OpenSSH's client is there to be asked. */
  enum Reader {
    OPENSSH,
    OWN
  }

  private SshEnvironment environment(Reader reader) {
    if (reader == Reader.OPENSSH) {
      assumeTrue(Files.isExecutable(SSH), "needs OpenSSH's client: " + SSH);
    }
    return new SshEnvironment(
        home,
        "local",
        Optional.of(home.resolve(".ssh/config")),
        reader == Reader.OPENSSH ? Optional.of(SSH) : Optional.empty(),
        Optional.empty(),
        Duration.ofSeconds(10),
        Duration.ofSeconds(15),
        Bandwidth.UNLIMITED);
  }

  private void configure(String... lines) throws Exception {
    Files.createDirectories(home.resolve(".ssh"));
    Files.write(home.resolve(".ssh/config"), List.of(lines));
  }

  private HostSettings resolve(Reader reader, SshTarget target) throws Exception {
    return new SshConfig(environment(reader)).route(target).getLast();
  }

  @ParameterizedTest
  @EnumSource
  void aliasBringsItsSettings(Reader reader) throws Exception {
    configure(
        "# comment",
        "Host other",
        "  Port 1",
        "Host box !nobox b?x-*",
        "  HostName box.example",
        "  port=2222",
        "  User = backup",
        "  IdentityFile ~/.ssh/first",
        "  IdentityFile \"%d/second key\"",
        "  IdentitiesOnly yes",
        "  UserKnownHostsFile /one /two",
        "  GlobalKnownHostsFile none",
        "  HostKeyAlias boxkey",
        "Host *",
        "  Port 3333",
        "  IdentityFile /third");
    HostSettings settings = resolve(reader, SshTarget.of("box"));
    assertThat(settings.hostName()).isEqualTo("box.example");
    assertThat(settings.port()).isEqualTo(2222);
    assertThat(settings.user()).isEqualTo("backup");
    assertThat(settings.identitiesOnly()).isTrue();
    assertThat(settings.identityFiles())
        .contains(home.resolve(".ssh/first"), Path.of("/third"))
        .hasSize(3);
    assertThat(settings.identityFiles().get(1).toString()).endsWith("/second key");
    assertThat(settings.knownHosts()).containsExactly(Path.of("/one"), Path.of("/two"));
    assertThat(settings.hostKeyAlias()).hasValue("boxkey");
    assertThat(settings.knownAs()).isEqualTo("boxkey");
    assertThat(resolve(reader, SshTarget.of("nobox")).port()).isEqualTo(3333);
    assertThat(resolve(reader, SshTarget.of("bax-1")).port()).isEqualTo(2222);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSaidExplicitlyWins(Reader reader) throws Exception {
    configure(
        "Host *",
        "  Port 1",
        "  User somebody",
        "  IdentityFile /somewhere",
        "  UserKnownHostsFile /anywhere");
    HostSettings settings =
        resolve(
            reader,
            new SshTarget(
                "box",
                Optional.of("me"),
                OptionalInt.of(2),
                Optional.of(Path.of("/key")),
                Optional.of(Path.of("/known"))));
    assertThat(settings.account()).isEqualTo("me@box:2");
    assertThat(settings.identityFiles()).containsExactly(Path.of("/key"));
    assertThat(settings.identityRequired()).isTrue();
    assertThat(settings.knownHosts()).containsExactly(Path.of("/known"));
  }

  @ParameterizedTest
  @EnumSource
  void defaultsAreThoseOfSsh(Reader reader) throws Exception {
    configure("# nothing");
    HostSettings settings =
        resolve(
            reader,
            new SshTarget(
                "box", Optional.of("me"), OptionalInt.empty(), Optional.empty(), Optional.empty()));
    assertThat(settings.account()).isEqualTo("me@box");
    assertThat(settings.knownAs()).isEqualTo("box");
    assertThat(settings.identityFiles())
        .contains(
            home.resolve(".ssh/id_rsa"),
            home.resolve(".ssh/id_ecdsa"),
            home.resolve(".ssh/id_ed25519"));
    assertThat(settings.knownHosts())
        .anySatisfy(file -> assertThat(file).hasFileName("known_hosts"))
        .contains(Path.of("/etc/ssh/ssh_known_hosts"));
    assertThat(settings.proxyJump()).isEmpty();
  }

  @Test
  void matchAndIncludeNeedOpenSsh() throws Exception {
    Path included = Files.writeString(home.resolve("included"), "Host box\n  User included\n");
    configure("Include " + included, "Match host box", "  Port 2222");
    HostSettings settings = resolve(Reader.OPENSSH, SshTarget.of("box"));
    assertThat(settings.account()).isEqualTo("included@box:2222");
    assertFailure(
        ExitCode.CONFIGURATION,
        () -> resolve(Reader.OWN, SshTarget.of("box")),
        home.resolve(".ssh/config") + ":1",
        "Include",
        "openssh-client");
    configure("# first", "match all", "  Port 2222");
    assertFailure(
        ExitCode.CONFIGURATION,
        () -> resolve(Reader.OWN, SshTarget.of("box")),
        home.resolve(".ssh/config") + ":2",
        "match");
  }

  @ParameterizedTest
  @EnumSource
  void brokenConfigurationIsOneClearLine(Reader reader) throws Exception {
    configure("Host *", "  Port many");
    assertFailure(
        ExitCode.CONFIGURATION, () -> resolve(reader, SshTarget.of("box")), "ssh configuration");
  }

  @ParameterizedTest
  @EnumSource
  void proxyCommandIsRefused(Reader reader) throws Exception {
    configure("Host box", "  ProxyCommand touch " + home.resolve("ran"));
    assertFailure(
        ExitCode.CONFIGURATION,
        () -> resolve(reader, SshTarget.of("box")),
        "ProxyCommand",
        "ProxyJump");
    assertThat(home.resolve("ran")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-oProxyCommand=touch x", "a b", "a;b", "$(x)", "a\nb"})
  void hostThatIsNoNameIsRefused(String host) {
    assertFailure(
        ExitCode.CONFIGURATION, () -> resolve(Reader.OPENSSH, SshTarget.of(host)), "ssh host");
  }

  @ParameterizedTest
  @EnumSource
  void jumpsAreFollowedInOrder(Reader reader) throws Exception {
    configure(
        "Host box",
        "  ProxyJump one@first:1,second",
        "Host second",
        "  HostName second.example",
        "  User two",
        "Host first",
        "  HostName first.example",
        "  ProxyJump outermost");
    assertThat(new SshConfig(environment(reader)).route(target("box")))
        .extracting(HostSettings::account)
        .containsExactly(
            environment(reader).user().equals("local") && reader == Reader.OWN
                ? "local@outermost"
                : SshdServer.user() + "@outermost",
            "one@first.example:1",
            "two@second.example",
            "me@box");
  }

  @ParameterizedTest
  @EnumSource
  void circlesAreNoticed(Reader reader) throws Exception {
    configure("Host a", "  ProxyJump b", "Host b", "  ProxyJump a");
    assertFailure(
        ExitCode.CONFIGURATION, () -> resolve(reader, SshTarget.of("a")), "ProxyJump", "circle");
  }

  private static SshTarget target(String host) {
    return new SshTarget(
        host, Optional.of("me"), OptionalInt.empty(), Optional.empty(), Optional.empty());
  }

  @ParameterizedTest
  @EnumSource
  void connectsAsConfigured(Reader reader) throws Exception {
    try (SshdServer server = SshdServer.start()) {
      configure(
          "Host storage",
          "  HostName " + server.host(),
          "  Port " + server.port(),
          "  User " + SshdServer.user(),
          "  IdentityFile " + server.clientKey("ecdsa"),
          "  UserKnownHostsFile " + server.knownHosts(),
          "  StrictHostKeyChecking no");
      SshConnection.open(SshTarget.of("storage"), environment(reader)).close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"no", "off", "accept-new", "ask", "yes"})
  void unknownKeyIsRefusedWhateverTheConfigurationSays(String checking) throws Exception {
    try (SshdServer server = SshdServer.start()) {
      configure(
          "Host storage",
          "  HostName " + server.host(),
          "  Port " + server.port(),
          "  IdentityFile " + server.clientKey("ecdsa"),
          "  UserKnownHostsFile " + home.resolve("none"),
          "  StrictHostKeyChecking " + checking);
      assertConnectionFailure(
          () -> SshConnection.open(SshTarget.of("storage"), environment(Reader.OPENSSH)).close(),
          "not known");
      assertThat(home.resolve("none")).doesNotExist();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void storesThroughOtherServers(int jumps) throws Exception {
    try (SshdServer first = SshdServer.start();
        SshdServer second = SshdServer.start();
        SshdServer storage = SshdServer.start()) {
      configure(
          "Host first",
          server(first),
          "Host second",
          server(second),
          "Host storage",
          server(storage),
          "  ProxyJump " + (jumps == 1 ? "second" : "first,second"));
      byte[] content = new byte[50_000_000];
      try (SshStore store =
              SshStore.open(
                  SshTarget.of("storage"),
                  storage.storage().toString(),
                  environment(Reader.OWN),
                  Connections.of(3),
                  Duration.ZERO,
                  false,
                  note -> {});
          var upload = store.begin("archive.tar")) {
        upload.write(content, 0, content.length / 2);
        SshTests.await(() -> logins(storage) == 3);
        upload.write(content, content.length / 2, content.length / 2);
        upload.publish(MessageDigest.getInstance("SHA-256").digest(content));
      }
      assertThat(storage.storage().resolve("archive.tar")).hasBinaryContent(content);
      assertThat(first.log().contains("Accepted publickey")).isEqualTo(jumps == 2);
      assertThat(second.log()).contains("Accepted publickey");
    }
  }

  private static long logins(SshdServer server) throws IOException {
    return server.log().lines().filter(line -> line.contains("Accepted publickey")).count();
  }

  @Test
  void jumpServersMustBeKnownToo() throws Exception {
    try (SshdServer jump = SshdServer.start();
        SshdServer storage = SshdServer.start()) {
      Files.writeString(jump.knownHosts(), "");
      configure("Host jump", server(jump), "Host storage", server(storage), "  ProxyJump jump");
      assertConnectionFailure(
          () -> SshConnection.open(SshTarget.of("storage"), environment(Reader.OWN)).close(),
          jump.host() + ":" + jump.port(),
          "not known");
      assertThat(storage.log()).doesNotContain("Accepted publickey");
    }
  }

  @Test
  void storageBehindAJumpMustBeKnownToo() throws Exception {
    try (SshdServer jump = SshdServer.start();
        SshdServer storage = SshdServer.start()) {
      Files.writeString(storage.knownHosts(), "");
      configure("Host jump", server(jump), "Host storage", server(storage), "  ProxyJump jump");
      assertConnectionFailure(
          () -> SshConnection.open(SshTarget.of("storage"), environment(Reader.OWN)).close(),
          storage.host() + ":" + storage.port(),
          "not known",
          "add it: ssh storage");
    }
  }

  @Test
  void jumpThatMayNotForwardIsNamed() throws Exception {
    try (SshdServer jump = SshdServer.start("AllowTcpForwarding no");
        SshdServer storage = SshdServer.start()) {
      configure("Host jump", server(jump), "Host storage", server(storage), "  ProxyJump jump");
      assertConnectionFailure(
          () -> SshConnection.open(SshTarget.of("storage"), environment(Reader.OWN)).close(),
          "through " + SshdServer.user() + "@" + jump.host());
    }
  }

  private static String server(SshdServer server) {
    return String.join(
        "\n",
        "  HostName " + server.host(),
        "  Port " + server.port(),
        "  User " + SshdServer.user(),
        "  IdentityFile " + server.clientKey("ed25519"),
        "  UserKnownHostsFile " + server.knownHosts());
  }
}
