package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.FileNames;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/**
 * A store's way to its folder: a connection with SFTP on it, and another one when that is lost. Who
 * holds something of a connection, such as a handle, looks at {@link #number} to see whether it is
 * still the same.
 */
final class Link implements AutoCloseable {

  private final SshTarget target;
  private final SshEnvironment environment;
  private final Connections connections;
  private final Duration retryFor;
  private final Outages outages;
  private final Consumer<String> notes;
  private Connected connected;
  private int number;
  private long achieved;
  private boolean abandoned;
  private Optional<Boolean> shell = Optional.empty();

  /** How many connections an upload may have. */
  private int most = Connections.MOST;

  /**
   * A connection that can be used.
   *
   * @param folder as the server calls it
   * @param roundTrip how long the server takes to answer a small request
   */
  private record Connected(
      SshConnection connection, Sftp sftp, String folder, Duration roundTrip) {}

  private Link(
      SshTarget target,
      SshEnvironment environment,
      Connections connections,
      Duration retryFor,
      Consumer<String> notes,
      Connected connected) {
    this.target = target;
    this.environment = environment;
    this.connections = connections;
    this.retryFor = retryFor;
    this.outages = new Outages(retryFor);
    this.notes = notes;
    this.connected = connected;
  }

  /**
   * Connects, logs in and looks whether the folder is there; makes none.
   *
   * @param connections over how many {@link #count} says that a large file is to be uploaded
   * @param retryFor how long {@link #recover} tries
   * @param notes told one line about each connection that is lost, and each that is made again, and
   *     about those that could not be made
   */
  static Link open(
      SshTarget target,
      String folder,
      SshEnvironment environment,
      Connections connections,
      Duration retryFor,
      Consumer<String> notes)
      throws Failure {
    return over(
        SshConnection.open(target, environment),
        target,
        folder,
        environment,
        connections,
        retryFor,
        notes);
  }

  /** As {@link #open}, over a connection that is there; it is closed if this fails. */
  static Link over(
      SshConnection connection,
      SshTarget target,
      String folder,
      SshEnvironment environment,
      Connections connections,
      Duration retryFor,
      Consumer<String> notes)
      throws Failure {
    return new Link(target, environment, connections, retryFor, notes, connect(connection, folder));
  }

  private static Connected connect(SshTarget target, String folder, SshEnvironment environment)
      throws Failure {
    return connect(SshConnection.open(target, environment), folder);
  }

  private static Connected connect(SshConnection connection, String folder) throws Failure {
    try {
      Sftp sftp = openSftp(connection);
      return openFolder(connection, sftp, folder);
    } catch (Failure | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** SFTP over a connection. */
  static Sftp openSftp(SshConnection connection) throws Failure {
    try {
      return Sftp.open(connection.session());
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONNECTION,
          FileNames.shown(connection.host().account())
              + " offers no SFTP ("
              + SshConnection.reason(e)
              + "): enable it in the server's sshd_config: Subsystem sftp internal-sftp",
          e);
    }
  }

  private static Connected openFolder(SshConnection connection, Sftp sftp, String folder)
      throws Failure {
    String account = FileNames.shown(connection.host().account());
    String shown = account + ":" + FileNames.shown(folder);
    String path = folder.isEmpty() ? "." : folder;
    try {
      long start = System.nanoTime();
      boolean isDirectory = sftp.stat(path).isDirectory();
      long between = System.nanoTime();
      if (!isDirectory) {
        throw new Failure(
            ExitCode.STORAGE, "cannot use the storage folder " + shown + ": it is not a directory");
      }
      String canonical = sftp.canonicalPath(path);
      // The shorter one: the first request may have woken up a disk.
      long roundTrip = Math.min(between - start, System.nanoTime() - between);
      return new Connected(connection, sftp, canonical, Duration.ofNanos(roundTrip));
    } catch (SftpException e) {
      String why =
          switch (e.getStatus()) {
            case SftpConstants.SSH_FX_NO_SUCH_FILE ->
                "it does not exist; create it on the server: mkdir -p "
                    + ShellCommand.quote(FileNames.shown(folder))
                    + " && chown "
                    + ShellCommand.quote(connection.host().user())
                    + " "
                    + ShellCommand.quote(FileNames.shown(folder));
            case SftpConstants.SSH_FX_PERMISSION_DENIED -> "permission denied";
            default -> Sftp.words(e);
          };
      throw new Failure(ExitCode.STORAGE, "cannot use the storage folder " + shown + ": " + why, e);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONNECTION,
          "cannot look at the storage folder " + shown + ": " + SshConnection.reason(e),
          e);
    }
  }

  SshConnection connection() {
    return connected.connection();
  }

  Sftp sftp() {
    return connected.sftp();
  }

  HostSettings host() {
    return connection().host();
  }

  /** The folder's path on the server. */
  String folder() {
    return connected.folder();
  }

  /** After how long without a confirmation a transfer counts as stalled. */
  Duration stall() {
    return environment.stall();
  }

  /** Over how many connections a large file is to be uploaded, this one among them. */
  int count() {
    return Math.min(connections.count(connected.roundTrip()), most);
  }

  /** How many requests that write are to be under way over this connection. */
  int underWay() {
    return Lane.underWay(connected.roundTrip());
  }

  /** One of several was lost while this one was not: there are to be fewer from now on. */
  void reduceCount() {
    most = Math.max(1, count() / 2);
  }

  /**
   * How to make another connection as this one was made, to be closed by whoever calls it; from any
   * thread.
   */
  FurtherConnections.Opener another() {
    return () -> SshConnection.open(target, environment);
  }

  /** Tells the user. */
  void note(String line) {
    notes.accept(line);
  }

  /** Counts the connections that this one was replaced by. */
  int number() {
    return number;
  }

  /** Something got done: the time for which a lost connection is made again starts anew. */
  void achieved() {
    achieved++;
  }

  boolean isLost() {
    return abandoned || connection().isLost() || !sftp().isOpen();
  }

  /** Why the connection ended, in a few words. */
  String why() {
    SshConnection connection = connection();
    return connection.isLost() ? connection.why() : "the server ended SFTP";
  }

  /**
   * Whether a request failed because the connection can't be used any more; else the server has
   * answered it, or this thread was interrupted.
   */
  boolean isBroken(IOException e) {
    if (isInterrupt(e)) {
      return false;
    }
    return switch (e) {
      case SftpWriter.WriteRefused _,
          RemoteProgram.TooLong _,
          CopySource.Lost _,
          StoredCheck.Differs _ ->
          false;
      case SftpException s ->
          s.getStatus() == SftpConstants.SSH_FX_NO_CONNECTION
              || s.getStatus() == SftpConstants.SSH_FX_CONNECTION_LOST;
      default -> true;
    };
  }

  /** Whether the thread was interrupted; the library forgets to leave it marked. */
  static boolean isInterrupt(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case SocketTimeoutException _ -> {
          return Thread.currentThread().isInterrupted();
        }
        case InterruptedException _, InterruptedIOException _, ClosedByInterruptException _ -> {
          return true;
        }
        default -> {
          // Its cause may tell.
        }
      }
    }
    return Thread.currentThread().isInterrupted();
  }

  /** A new connection if this one is lost; as {@link #recover}. */
  void ensure(String action, String path) throws Failure {
    if (isLost()) {
      recover(action, path, new EOFException(why()));
    }
  }

  /** As {@link #recover(String, String, long, long, IOException)}, where nothing was being sent. */
  void recover(String action, String path, IOException cause) throws Failure {
    recover(action, path, "", "", cause);
  }

  /**
   * Makes a new connection instead of one that {@linkplain #isBroken is broken}, and tries so again
   * and again.
   *
   * @param action what couldn't be done with {@code path}, for the message
   * @param confirmed bytes that are stored
   * @param again bytes that were sent and will be again
   * @throws Failure if the time is over, the server is another one, or the thread was interrupted
   */
  void recover(String action, String path, long confirmed, long again, IOException cause)
      throws Failure {
    recover(
        action,
        path,
        String.format(Locale.ROOT, " at %,d bytes", confirmed),
        String.format(Locale.ROOT, "; %,d bytes are sent again", again),
        cause);
  }

  private void recover(String action, String path, String at, String again, IOException cause)
      throws Failure {
    String why;
    try {
      why = reason(cause);
    } catch (InterruptedIOException e) {
      throw interrupted(action, path, e);
    }
    abandoned = true;
    closeAside(connection());
    outages.lost(achieved, System.nanoTime());
    Optional<Failure> last = Optional.empty();
    for (boolean told = false; ; told = true) {
      Optional<Duration> pause = outages.pause(System.nanoTime());
      if (pause.isEmpty()) {
        throw gaveUp(action, path, why, last, cause);
      }
      if (!told) {
        notes.accept(
            "connection to %s lost%s (%s); trying again in %s"
                .formatted(account(), at, why, Durations.shown(pause.get())));
      }
      try {
        Thread.sleep(pause.get());
        use(connectInterruptibly());
        notes.accept("connected to %s again%s".formatted(account(), again));
        return;
      } catch (InterruptedException e) {
        throw interrupted(action, path, e);
      } catch (HostKeyRefused e) {
        throw e;
      } catch (Failure e) {
        last = Optional.of(e);
      }
    }
  }

  /** As a failure, after which the thread is marked again: the library forgets that. */
  Failure interrupted(String action, String path, Exception cause) {
    Thread.currentThread().interrupt();
    return new Failure(ExitCode.STORAGE, action + " " + shown(path) + ": interrupted", cause);
  }

  private String reason(IOException cause) throws InterruptedIOException {
    if (cause instanceof SftpWriter.Stalled) {
      return SshConnection.reason(cause);
    }
    if (cause instanceof Lane.Lost lost && lost.connection() != connection()) {
      lost.connection().awaitEnd();
      return lost.connection().isLost() ? lost.connection().why() : SshConnection.reason(cause);
    }
    connection().awaitEnd();
    return isLost() ? why() : SshConnection.reason(cause);
  }

  private Failure gaveUp(
      String action, String path, String why, Optional<Failure> last, IOException cause) {
    String tried =
        last.map(failure ->
                "; for "
                    + Durations.shown(retryFor)
                    + " no new one could be made: "
                    + failure.getMessage())
            .orElseGet(() ->
                retryFor.isZero()
                    ? ""
                    : "; for " + Durations.shown(retryFor) + " each new one was lost again");
    return new Failure(
        ExitCode.STORAGE,
        action + " " + shown(path) + ": the connection was lost: " + why + tried,
        cause);
  }

  /** Makes one attempt to connect again. */
  void reconnect() throws Failure {
    use(connect(target, folder(), environment));
  }

  private void use(Connected again) {
    connected = again;
    abandoned = false;
    number++;
  }

  /** In a thread of its own: neither the library nor name resolution can be interrupted. */
  private Connected connectInterruptibly() throws Failure, InterruptedException {
    CompletableFuture<Connected> attempt = new CompletableFuture<>();
    String folder = folder();
    Thread.ofPlatform()
        .daemon()
        .name("ssh-connect")
        .start(() -> {
          try {
            Connected again = connect(target, folder, environment);
            if (!attempt.complete(again)) {
              again.connection().close();
            }
          } catch (Failure | RuntimeException | Error e) {
            attempt.completeExceptionally(e);
          }
        });
    try {
      return attempt.get();
    } catch (InterruptedException e) {
      if (!attempt.cancel(false) && !attempt.isCompletedExceptionally()) {
        closeAside(attempt.join().connection());
      }
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Failure failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** In a thread of its own: the library may wait for a server that is gone. */
  private static void closeAside(SshConnection connection) {
    Thread.ofPlatform().daemon().name("ssh-close").start(connection::close);
  }

  /**
   * Runs a program on the server.
   *
   * @return empty if the server runs none, or doesn't have this one
   */
  Optional<CommandResult> run(String program, List<String> arguments, Duration limit)
      throws IOException {
    if (!hasShell()) {
      return Optional.empty();
    }
    return RemoteProgram.run(connection().session(), ShellCommand.of(program, arguments), limit)
        .filter(result -> result.exitStatus() != 127);
  }

  /**
   * Starts {@code plasma-store} for the folder, and doesn't wait for it.
   *
   * @return empty if the server runs no programs
   */
  Optional<StoreProgram> startStoreProgram() throws IOException {
    return hasShell() ? Optional.of(StoreProgram.start(connection(), folder())) : Optional.empty();
  }

  /**
   * Whether commands are run: a server that allows SFTP only may refuse them, or answer every one
   * with a notice of its own.
   */
  private boolean hasShell() throws IOException {
    if (shell.isEmpty()) {
      byte[] random = new byte[16];
      new SecureRandom().nextBytes(random);
      String token = HexFormat.of().formatHex(random);
      Optional<CommandResult> echo;
      try {
        echo =
            RemoteProgram.run(
                connection().session(), "echo " + token, PlasmaSshClient.CHANNEL_OPEN);
      } catch (RemoteProgram.TooLong e) {
        // What the account does at each login hangs. Its files can be stored all the same.
        echo = Optional.empty();
      }
      shell =
          Optional.of(
              echo.isPresent()
                  && echo.get().exitStatus() == 0
                  && echo.get().output().contains(token));
    }
    return shell.get();
  }

  private String account() {
    return FileNames.shown(host().account());
  }

  /** {@code user@host:path}, fit for one line of a message. */
  String shown(String path) {
    return FileNames.shown(host().account() + ":" + path);
  }

  @Override
  public void close() {
    connection().close();
  }
}
