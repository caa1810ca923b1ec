package io.plasmabackup.store.ssh;

import static io.plasmabackup.store.ssh.SshTests.assertConnectionFailure;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, with which key, and what is said to those who don't. */
@Timeout(120)
class LoginTest {

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

  private void connectWith(Path identity) throws Failure {
    connect(SshTests.target(server, identity, server.knownHosts()), SshTests.nothingAround(home));
  }

  private static void connect(SshTarget target, SshEnvironment environment) throws Failure {
    SshConnection.open(target, environment).close();
  }

  /** A target that leaves the choice of keys to the environment. */
  private static SshTarget anyKey() {
    return new SshTarget(
        server.host(),
        Optional.of(SshdServer.user()),
        OptionalInt.of(server.port()),
        Optional.empty(),
        Optional.of(server.knownHosts()));
  }

  private SshEnvironment withAgent(Path socket) {
    SshEnvironment nothing = SshTests.nothingAround(home);
    return new SshEnvironment(
        home,
        nothing.user(),
        nothing.configFile(),
        Optional.empty(),
        Optional.of(socket),
        nothing.connectTimeout(),
        nothing.stall(),
        Bandwidth.UNLIMITED);
  }

  private Path copy(Path key) throws Exception {
    Path copy = home.resolve(key.getFileName());
    Files.copy(key, copy);
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
    return copy;
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
  void keyFilesOfAllKindsLogIn(String type) throws Exception {
    connectWith(server.clientKey(type));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
  void defaultKeyFilesLogIn(String type) throws Exception {
    Files.createDirectory(home.resolve(".ssh"));
    Files.move(copy(server.clientKey(type)), home.resolve(".ssh/id_" + type));
    connect(anyKey(), SshTests.nothingAround(home));
  }

  @Test
  void rsaKeyInTheOldFormatLogsIn() throws Exception {
    Path key = copy(server.clientKey("rsa"));
    SshdServer.run(
        List.of("ssh-keygen", "-q", "-p", "-m", "PEM", "-P", "", "-N", "", "-f", key.toString()));
    assertThat(key).content().startsWith("-----BEGIN RSA PRIVATE KEY-----");
    connectWith(key);
  }

  @Test
  void keyThatNobodyKnowsIsNamedWithWhatHelps() throws Exception {
    Path stranger = server.generateKey("stranger", "ed25519", "");
    assertConnectionFailure(
        () -> connectWith(server.directory().resolve("stranger")),
        "refuses the login as " + SshdServer.user(),
        "ED25519 " + fingerprint(stranger),
        "authorized_keys",
        "ssh-copy-id -p " + server.port());
  }

  @Test
  void unknownUserIsNamed() {
    SshTarget nobody =
        new SshTarget(
            server.host(),
            Optional.of("no-such-user"),
            OptionalInt.of(server.port()),
            Optional.of(server.clientKey("ed25519")),
            Optional.of(server.knownHosts()));
    assertConnectionFailure(
        () -> connect(nobody, SshTests.nothingAround(home)), "refuses the login as no-such-user");
  }

  @Test
  void nothingToOfferIsSaid() {
    assertConnectionFailure(
        () -> connect(anyKey(), SshTests.nothingAround(home)), "no key could be offered");
  }

  @Test
  void keyThatOthersMayReadIsRefused() throws Exception {
    Path key = copy(server.clientKey("ed25519"));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertConnectionFailure(() -> connectWith(key), key.toString(), "rw-r--r--", "chmod 600");
  }

  @Test
  void missingKeyFileIsSaid() {
    assertConnectionFailure(() -> connectWith(home.resolve("absent")), "absent", "no such file");
  }

  @Test
  void fileThatIsNoKeyIsSaid() throws Exception {
    Path file =
        Files.createFile(
            home.resolve("key"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, "not a key");
    assertConnectionFailure(() -> connectWith(file), file.toString(), "not a private key");
  }

  @Test
  void keyWithPassphraseNeedsAnAgent() throws Exception {
    server.generateKey("locked", "ed25519", "secret");
    Path key = server.directory().resolve("locked");
    assertConnectionFailure(() -> connectWith(key), key.toString(), "passphrase", "ssh-add");
  }

  @Test
  void keyWithPassphraseLogsInThroughAnAgentThatHoldsIt() throws Exception {
    server.authorize(server.generateKey("held", "ed25519", "secret"));
    Path key = server.directory().resolve("held");
    try (Agent agent = Agent.start(home)) {
      Path unlocked = copy(key);
      SshdServer.run(
          List.of("ssh-keygen", "-q", "-p", "-P", "secret", "-N", "", "-f", unlocked.toString()));
      agent.add(unlocked);
      connect(SshTests.target(server, key, server.knownHosts()), withAgent(agent.socket()));
    }
  }

  @Test
  void keyWithPassphraseIsListedWhenTheLoginFails() throws Exception {
    server.generateKey("locked2", "ed25519", "secret");
    Files.createDirectory(home.resolve(".ssh"));
    Path key =
        Files.move(copy(server.directory().resolve("locked2")), home.resolve(".ssh/id_ed25519"));
    assertConnectionFailure(
        () -> connect(anyKey(), SshTests.nothingAround(home)),
        "refuses the login",
        key.toString(),
        "passphrase");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
  void agentLogsInWithKeysOfAllKinds(String type) throws Exception {
    try (Agent agent = Agent.start(home)) {
      agent.add(server.clientKey(type));
      connect(anyKey(), withAgent(agent.socket()));
    }
  }

  @Test
  void namedKeyGoesBeforeTheAgentsOthers() throws Exception {
    try (Agent agent = Agent.start(home)) {
      for (int i = 0; i < 8; i++) { // More than a server lets one try.
        server.generateKey("decoy" + i, "ed25519", "");
        agent.add(server.directory().resolve("decoy" + i));
      }
      agent.add(server.clientKey("ecdsa"));
      connect(
          SshTests.target(server, server.clientKey("ecdsa"), server.knownHosts()),
          withAgent(agent.socket()));
      assertConnectionFailure(
          () -> connect(anyKey(), withAgent(agent.socket())), "Too many authentication failures");
    }
  }

  @Test
  void agentThatIsGoneIsMentioned() {
    assertConnectionFailure(
        () -> connect(anyKey(), withAgent(home.resolve("gone"))),
        "refuses the login",
        "ssh-agent at " + home.resolve("gone"));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 256 * 1024 + 1, Integer.MAX_VALUE})
  void agentThatAnnouncesNonsenseIsPassedOver(int length) throws Exception {
    Path socket = home.resolve("agent");
    byte[] reply = ByteBuffer.allocate(Integer.BYTES).putInt(length).array();
    try (ServerSocketChannel liar = lyingAgent(socket, reply)) {
      assertThat(liar.isOpen()).isTrue();
      assertConnectionFailure(
          () -> connect(anyKey(), withAgent(socket)), "ssh-agent at " + socket, "" + length);
    }
  }

  @Test
  void agentThatSendsGarbageIsPassedOver() throws Exception {
    Path socket = home.resolve("agent");
    ByteBuffer reply = ByteBuffer.allocate(13).putInt(9).put((byte) 12).putInt(1).putInt(1 << 30);
    try (ServerSocketChannel liar = lyingAgent(socket, reply.array())) {
      assertThat(liar.isOpen()).isTrue();
      assertConnectionFailure(() -> connect(anyKey(), withAgent(socket)), "ssh-agent at " + socket);
    }
  }

  private static ServerSocketChannel lyingAgent(Path socket, byte[] reply) throws Exception {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual()
        .start(() -> {
          try (SocketChannel client = listener.accept()) {
            client.read(ByteBuffer.allocate(100));
            client.write(ByteBuffer.wrap(reply));
            client.read(ByteBuffer.allocate(100));
          } catch (IOException closed) {
            // The test is over.
          }
        });
    return listener;
  }

  @Test
  void hostThatDoesNotExistIsNamed() {
    assertConnectionFailure(
        () -> connect(SshTarget.of("no-such-host.invalid"), SshTests.nothingAround(home)),
        "no-such-host.invalid",
        "DNS");
  }

  @Test
  void closedPortIsNamed() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    SshTarget target =
        new SshTarget(
            "127.0.0.1",
            Optional.empty(),
            OptionalInt.of(port),
            Optional.empty(),
            Optional.empty());
    assertConnectionFailure(
        () -> connect(target, SshTests.nothingAround(home)), "127.0.0.1:" + port, "refused");
  }

  @Test
  void serverThatSaysNothingIsGivenUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      SshTarget target =
          new SshTarget(
              "127.0.0.1",
              Optional.empty(),
              OptionalInt.of(silent.getLocalPort()),
              Optional.empty(),
              Optional.empty());
      SshEnvironment patient = SshTests.nothingAround(home);
      SshEnvironment impatient =
          new SshEnvironment(
              home,
              patient.user(),
              patient.configFile(),
              Optional.empty(),
              Optional.empty(),
              Duration.ofSeconds(1),
              patient.stall(),
              Bandwidth.UNLIMITED);
      assertConnectionFailure(() -> connect(target, impatient), "does not speak SSH within 1 s");
    }
  }

  @Test
  void serverThatSpeaksSomethingElseIsGivenUp() throws Exception {
    try (ServerSocket web = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try (var socket = web.accept();
                OutputStream out = socket.getOutputStream();
                InputStream in = socket.getInputStream()) {
              out.write("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(5000).getBytes(UTF_8));
              in.readAllBytes();
            } catch (IOException closed) {
              // The test is over.
            }
          });
      SshTarget target =
          new SshTarget(
              "127.0.0.1",
              Optional.empty(),
              OptionalInt.of(web.getLocalPort()),
              Optional.empty(),
              Optional.empty());
      assertConnectionFailure(
          () -> connect(target, SshTests.nothingAround(home)),
          "cannot connect to the storage server 127.0.0.1:" + web.getLocalPort());
    }
  }

  @Test
  void leavesNoThreadsThatKeepTheProgramAlive() throws Exception {
    connectWith(server.clientKey("ed25519"));
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> !thread.isDaemon() && thread.getName().matches(".*(ssh|SshClient).*"))
        .isEmpty();
  }

  private static String fingerprint(Path publicKey) {
    return SshdServer.run(List.of("ssh-keygen", "-lf", publicKey.toString())).split(" ", -1)[1];
  }

  /** A real ssh-agent. */
  private record Agent(Process process, Path socket) implements AutoCloseable {

    static Agent start(Path folder) throws Exception {
      Path socket = folder.resolve("agent.sock");
      Process process =
          new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      while (!Files.exists(socket)) {
        assertThat(process.isAlive()).as("ssh-agent runs").isTrue();
        Thread.sleep(5);
      }
      return new Agent(process, socket);
    }

    void add(Path key) throws Exception {
      ProcessBuilder add = new ProcessBuilder("ssh-add", "-q", key.toString());
      add.environment().put("SSH_AUTH_SOCK", socket.toString());
      Process adding = add.redirectErrorStream(true).start();
      String said = new String(adding.getInputStream().readAllBytes(), UTF_8);
      assertThat(adding.waitFor()).as(said).isZero();
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }
}
