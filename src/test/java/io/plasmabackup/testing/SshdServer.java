package io.plasmabackup.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real OpenSSH server on 127.0.0.1 with its own keys, configuration and folder, for the account
 * that runs the tests. Leaves nothing behind when closed. Where there is no sshd, or a wish needs
 * root, the test is skipped with the reason.
 *
 * <p>Everything is below {@link #directory}, which only its owner may enter:
 *
 * <ul>
 *   <li>{@link #storage}, where uploads are meant to go
 *   <li>{@link #clientKey}, private keys that may log in, with their {@code .pub}
 *   <li>{@link #knownHosts}, the server's keys under its address and port
 * </ul>
 */
public final class SshdServer implements AutoCloseable {

  private static final Path SSHD = Path.of("/usr/sbin/sshd");
  private static final int PATIENCE_SECONDS = 20;

  /** RSA keys take long to make: the servers of one test run share theirs. */
  private static final Map<String, KeyFiles> RSA_KEYS = new ConcurrentHashMap<>();

  private record KeyFiles(String privateKey, String publicKey) {}

  private final Path directory;
  private final Options options;
  private final int port;
  private @Nullable Process process;

  /**
   * How the server is to be.
   *
   * @param sftpOnly the account may do SFTP only, and sees nothing but {@link #directory}
   * @param extra further lines for sshd_config
   */
  private record Options(boolean sftpOnly, List<String> extra) {}

  private SshdServer(Path directory, Options options, int port) {
    this.directory = directory;
    this.options = options;
    this.port = port;
  }

  /** A server that allows everything. */
  public static SshdServer start(String... extraConfiguration) {
    return start(new Options(false, List.of(extraConfiguration)));
  }

  /** A server as a storage box is: chrooted, and nothing but SFTP. Needs root. */
  public static SshdServer startSftpOnly(String... extraConfiguration) {
    assumeTrue(user().equals("root"), "needs root: chroots an SFTP account");
    return start(new Options(true, List.of(extraConfiguration)));
  }

  private static SshdServer start(Options options) {
    assumeTrue(Files.isExecutable(SSHD), "needs OpenSSH's server: " + SSHD);
    try {
      Path directory = temporaryDirectory();
      SshdServer server = new SshdServer(directory, options, freePort());
      try {
        server.prepare();
        server.launch();
        return server;
      } catch (IOException | RuntimeException e) {
        server.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Below a folder that only root can write to where possible: sshd insists on it for a chroot. */
  private static Path temporaryDirectory() throws IOException {
    Path root = Path.of("/var/lib");
    return user().equals("root") && Files.isWritable(root)
        ? Files.createTempDirectory(root, "plasma-sshd-")
        : Files.createTempDirectory("plasma-sshd-");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void prepare() throws IOException {
    if (user().equals("root")) {
      Files.createDirectories(Path.of("/run/sshd")); // sshd refuses to start without it.
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.createDirectory(directory.resolve("storage"));
    StringBuilder authorized = new StringBuilder();
    StringBuilder known = new StringBuilder();
    for (String type : List.of("ed25519", "ecdsa", "rsa")) {
      authorized.append(Files.readString(serverKey("client_" + type, type)));
      known.append(knownAs()).append(' ').append(Files.readString(serverKey("host_" + type, type)));
    }
    Files.writeString(directory.resolve("authorized_keys"), authorized);
    Files.writeString(knownHosts(), known);
    List<String> configuration =
        new ArrayList<>(
            List.of(
                "ListenAddress 127.0.0.1",
                "Port " + port,
                "PidFile none",
                "StrictModes no",
                "UsePAM no",
                "UseDNS no",
                "PermitRootLogin prohibit-password",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "AuthorizedKeysFile " + directory.resolve("authorized_keys"),
                "MaxStartups 100",
                "LogLevel VERBOSE"));
    for (String type : List.of("ed25519", "ecdsa", "rsa")) {
      configuration.add("HostKey " + directory.resolve("host_" + type));
    }
    configuration.addAll(options.extra());
    if (options.extra().stream().noneMatch(line -> line.startsWith("Subsystem"))) {
      configuration.add("Subsystem sftp internal-sftp");
    }
    if (options.sftpOnly()) {
      configuration.add("ChrootDirectory " + directory);
      configuration.add("ForceCommand internal-sftp");
    }
    Files.write(directory.resolve("sshd_config"), withoutLoginFiles(configuration));
  }

  private Path serverKey(String name, String type) throws IOException {
    KeyFiles made = RSA_KEYS.get(name);
    Path publicKey = directory.resolve(name + ".pub");
    if (made == null) {
      generateKey(name, type, "");
      if (type.equals("rsa")) {
        RSA_KEYS.put(
            name,
            new KeyFiles(Files.readString(directory.resolve(name)), Files.readString(publicKey)));
      }
      return publicKey;
    }
    Path privateKey =
        Files.createFile(
            directory.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(privateKey, made.privateKey());
    return Files.writeString(publicKey, made.publicKey());
  }

  private void launch() throws IOException {
    Process started =
        new ProcessBuilder(
                SSHD.toString(), "-D", "-e", "-f", directory.resolve("sshd_config").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
            .start();
    process = started;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!answers()) {
      if (!started.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("sshd did not start: " + log());
      }
      pause();
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Makes a key pair in {@link #directory}; nobody accepts it yet.
   *
   * @param type ed25519, ecdsa or rsa
   * @return the public key's file; the private key's has no {@code .pub}
   */
  public Path generateKey(String name, String type, String passphrase) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "ssh-keygen",
                "-q",
                "-t",
                type,
                "-N",
                passphrase,
                "-C",
                name,
                "-f",
                directory.resolve(name).toString()));
    if (type.equals("rsa")) {
      command.addAll(List.of("-b", "2048"));
    }
    run(command);
    return directory.resolve(name + ".pub");
  }

  /** From now on the owner of this public key may log in. */
  public void authorize(Path publicKey) throws IOException {
    Path file = directory.resolve("authorized_keys");
    Files.writeString(file, Files.readString(file) + Files.readString(publicKey));
  }

  /**
   * From now on the owner of this public key may log in, as far as these options say.
   *
   * @param options as authorized_keys has them before a key
   */
  public void authorize(Path publicKey, String options) throws IOException {
    Path file = directory.resolve("authorized_keys");
    Files.writeString(file, Files.readString(file) + options + " " + Files.readString(publicKey));
  }

  /** Runs a program to its end and gives its output; anything but success is an error. */
  public static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The account to log in as: the one that runs the tests. */
  public static String user() {
    return System.getProperty("user.name");
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  /** What {@code known_hosts} calls this server. */
  public String knownAs() {
    return "[" + host() + "]:" + port;
  }

  /** Everything that belongs to this server. */
  public Path directory() {
    return directory;
  }

  /** An empty folder to store in, as this machine sees it. */
  public Path storage() {
    return directory.resolve("storage");
  }

  /** {@code path}, which is below {@link #directory}, as a client of this server sees it. */
  public String remote(Path path) {
    return options.sftpOnly() ? "/" + directory.relativize(path) : path.toString();
  }

  /** A private key that may log in: ed25519, ecdsa or rsa. */
  public Path clientKey(String type) {
    return directory.resolve("client_" + type);
  }

  /** A {@code known_hosts} file with all keys of this server. */
  public Path knownHosts() {
    return directory.resolve("known_hosts");
  }

  /** One of the server's public keys, {@code type base64}. */
  public String hostKey(String type) throws IOException {
    String[] words = Files.readString(directory.resolve("host_" + type + ".pub")).split(" ", -1);
    return words[0] + " " + words[1];
  }

  /** For example {@code SHA256:…}. */
  public String fingerprint(String type) {
    return run(List.of("ssh-keygen", "-lf", directory.resolve("host_" + type + ".pub").toString()))
        .split(" ", -1)[1];
  }

  /** What the server has logged so far. */
  public String log() throws IOException {
    return Files.exists(logFile()) ? Files.readString(logFile()) : "";
  }

  private Path logFile() {
    return directory.resolve("sshd.log");
  }

  /** The process that accepts connections. */
  public long pid() {
    return Objects.requireNonNull(process).pid();
  }

  /** Kills the processes that serve connections; the server itself goes on accepting new ones. */
  public void killConnections() {
    connections().forEach(ProcessHandle::destroyForcibly);
  }

  /** The processes that serve connections, one for each, in the order in which they were begun. */
  public List<Long> connectionsInOrder() {
    return Optional.ofNullable(process).stream()
        .flatMap(Process::children)
        .map(ProcessHandle::pid)
        .sorted()
        .toList();
  }

  /** Kills a process that serves a connection, and what it has started. */
  public static void killWithChildren(long pid) {
    ProcessHandle serving = ProcessHandle.of(pid).orElseThrow();
    List<ProcessHandle> children = serving.descendants().toList();
    serving.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /** Stops the processes that serve connections without ending them: the line goes dead. */
  public void freezeConnections() {
    String processes =
        connections().stream().map(p -> String.valueOf(p.pid())).collect(Collectors.joining(" "));
    run(List.of("sh", "-c", "kill -STOP " + processes));
  }

  private List<ProcessHandle> connections() {
    return Optional.ofNullable(process).stream().flatMap(Process::descendants).toList();
  }

  /** Kills the server and all its connections at once. */
  public void kill() {
    List<ProcessHandle> all = new ArrayList<>(connections());
    Process listener = process;
    if (listener != null) {
      listener.destroyForcibly();
      process = null;
      all.add(listener.toHandle());
    }
    all.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle handle : all) {
      handle.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }
  }

  /**
   * A shell below another one doesn't run the account's {@code .bashrc}, which may take long, or
   * leave a lock behind when it is killed. The server takes the first {@code SetEnv} only.
   */
  private static List<String> withoutLoginFiles(List<String> configuration) {
    String setEnv = "SetEnv ";
    String level = "SHLVL=2";
    String variables =
        configuration.stream()
            .filter(line -> line.startsWith(setEnv))
            .map(line -> line.substring(setEnv.length()).replace(level, ""))
            .collect(Collectors.joining(" ", setEnv, " " + level));
    return Stream.concat(
            configuration.stream().filter(line -> !line.startsWith(setEnv)), Stream.of(variables))
        .toList();
  }

  /** Adds lines to the server's configuration, and starts it again on the same port. */
  public void configure(String... lines) throws IOException {
    kill();
    Path file = directory.resolve("sshd_config");
    Files.write(
        file,
        withoutLoginFiles(
            Stream.concat(Files.readAllLines(file).stream(), Stream.of(lines)).toList()));
    launch();
  }

  @Override
  public void close() {
    kill();
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
