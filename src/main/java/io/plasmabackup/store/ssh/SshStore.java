package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Upload;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.sftp.client.SftpClient.Attributes;
import org.apache.sshd.sftp.client.SftpClient.CloseableHandle;
import org.apache.sshd.sftp.client.SftpClient.DirEntry;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHStatExtensionInfo;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHStatPathExtension;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/**
 * A folder on a server, through SFTP. An account that may do nothing else is enough; one that may
 * also run programs gets its archives compared by content ({@code sha256sum}).
 *
 * <p>Server and login are those of {@code ssh} for the effective user. An unknown host key is
 * refused, whatever {@code StrictHostKeyChecking} says.
 */
public final class SshStore implements Store {

  /** More than any folder of archives has; a listing beyond is hostile or a mistake. */
  private static final int MOST_FILES = 1_000_000;

  /** Below this much free space a write that fails for no given reason failed for lack of it. */
  private static final long DISK_FULL = 1 << 20;

  private final SshTarget target;
  private final SshEnvironment environment;
  private SshConnection connection;
  private Sftp sftp;
  private final String folder;
  private Optional<Boolean> shell = Optional.empty();

  private SshStore(
      SshTarget target,
      SshEnvironment environment,
      SshConnection connection,
      Sftp sftp,
      String folder) {
    this.target = target;
    this.environment = environment;
    this.connection = connection;
    this.sftp = sftp;
    this.folder = folder;
  }

  /**
   * Connects, logs in and looks whether the folder is there; makes none.
   *
   * @param folder absolute, or relative to where SFTP starts (the account's home)
   * @throws Failure with {@link ExitCode#CONNECTION}; with {@link ExitCode#STORAGE} if the folder
   *     can't be used; with {@link ExitCode#CONFIGURATION} if the ssh configuration can't
   */
  public static SshStore open(SshTarget target, String folder) throws Failure {
    return open(target, folder, SshEnvironment.ofProcess());
  }

  static SshStore open(SshTarget target, String folder, SshEnvironment environment) throws Failure {
    SshConnection connection = SshConnection.open(target, environment);
    try {
      Sftp sftp = openSftp(connection);
      return new SshStore(
          target, environment, connection, sftp, openFolder(connection, sftp, folder));
    } catch (Failure | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static Sftp openSftp(SshConnection connection) throws Failure {
    try {
      return new Sftp(connection.session());
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

  private static String openFolder(SshConnection connection, Sftp sftp, String folder)
      throws Failure {
    String account = FileNames.shown(connection.host().account());
    String shown = account + ":" + FileNames.shown(folder);
    String path = folder.isEmpty() ? "." : folder;
    try {
      if (!sftp.stat(path).isDirectory()) {
        throw new Failure(
            ExitCode.STORAGE, "cannot use the storage folder " + shown + ": it is not a directory");
      }
      return sftp.canonicalPath(path);
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
            default -> words(e);
          };
      throw new Failure(ExitCode.STORAGE, "cannot use the storage folder " + shown + ": " + why, e);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONNECTION,
          "cannot look at the storage folder " + shown + ": " + SshConnection.reason(e),
          e);
    }
  }

  @Override
  public String location() {
    return shown(folder);
  }

  @Override
  public String folder() {
    return folder;
  }

  @Override
  public List<StoredFile> list() throws Failure {
    List<StoredFile> files = new ArrayList<>();
    int entries = 0;
    try (CloseableHandle handle = sftp.openDir(folder)) {
      for (List<DirEntry> some = sftp.readDir(handle); some != null; some = sftp.readDir(handle)) {
        entries += some.size();
        if (entries > MOST_FILES) {
          throw new Failure(
              ExitCode.STORAGE,
              "cannot list " + location() + ": it has more than " + MOST_FILES + " entries");
        }
        some.forEach(entry -> describe(entry).ifPresent(files::add));
      }
    } catch (IOException e) {
      throw failure("cannot list", folder, e);
    }
    return files;
  }

  /** Leaves out what no folder can have: the listing is the server's word. */
  private static Optional<StoredFile> describe(DirEntry entry) {
    Attributes attributes = entry.getAttributes();
    if (!attributes.isRegularFile()
        || attributes.getSize() < 0
        || !FileNames.isPlain(entry.getFilename())) {
      return Optional.empty();
    }
    FileTime modified = attributes.getModifyTime();
    return Optional.of(
        new StoredFile(
            entry.getFilename(),
            attributes.getSize(),
            modified == null ? Instant.EPOCH : modified.toInstant()));
  }

  @Override
  public Optional<byte[]> read(String name, int limit) throws Failure {
    String path = path(FileNames.requirePlain(name));
    try {
      if (!sftp.lstat(path).isRegularFile()) {
        throw new Failure(ExitCode.STORAGE, "cannot read " + shown(path) + ": not a file");
      }
      byte[] content = new byte[limit];
      try (CloseableHandle handle = sftp.open(path, OpenMode.Read)) {
        int length = sftp.readFully(handle, 0, content, limit);
        if (length == limit && sftp.readFully(handle, limit, new byte[1], 1) > 0) {
          throw LocalStore.tooLarge(shown(path), limit);
        }
        return Optional.of(Arrays.copyOf(content, length));
      }
    } catch (SftpException e) {
      if (e.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
        return Optional.empty();
      }
      throw failure("cannot read", path, e);
    } catch (IOException e) {
      throw failure("cannot read", path, e);
    }
  }

  @Override
  public Upload begin(String name) throws Failure {
    String part = path(FileNames.part(name));
    try {
      return new SftpUpload(this, sftp, sftp.create(part), part, path(name));
    } catch (SftpException e) {
      if (e.getStatus() == SftpConstants.SSH_FX_FAILURE && existsForSure(part)) {
        throw new Failure(
            ExitCode.STORAGE,
            "cannot create "
                + shown(part)
                + ": it exists already: another backup is writing it, or one was cut off; if none"
                + " is running, delete it",
            e);
      }
      throw failure("cannot create", part, e);
    } catch (IOException e) {
      throw failure("cannot create", part, e);
    }
  }

  private boolean existsForSure(String path) {
    try {
      return sftp.exists(path);
    } catch (IOException unknown) {
      return false;
    }
  }

  @Override
  public void discard(String name) throws Failure {
    remove(path(FileNames.part(name)));
  }

  @Override
  public void delete(String name) throws Failure {
    remove(path(FileNames.requirePlain(name)));
  }

  private void remove(String path) throws Failure {
    try {
      sftp.remove(path);
    } catch (SftpException e) {
      if (e.getStatus() != SftpConstants.SSH_FX_NO_SUCH_FILE) {
        throw failure("cannot delete", path, e);
      }
    } catch (IOException e) {
      throw failure("cannot delete", path, e);
    }
  }

  /**
   * Removes a partial file, by a new connection if this one is gone. Not given up because of an
   * interrupt, which closing what is broken may bring up: it is kept for whoever comes next.
   */
  void removeIncomplete(String part) throws Failure {
    boolean interrupted = Thread.interrupted();
    try {
      if (isLost()) {
        connection.close();
        interrupted |= Thread.interrupted();
        reconnectFor(part);
      }
      remove(part);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void reconnectFor(String part) throws Failure {
    try {
      reconnect();
    } catch (Failure e) {
      throw new Failure(
          ExitCode.STORAGE,
          "the incomplete "
              + shown(part)
              + " was left behind, because the connection was lost and a new one failed; delete"
              + " it there. "
              + e.getMessage(),
          e);
    }
  }

  private void reconnect() throws Failure {
    SshConnection again = SshConnection.open(target, environment);
    try {
      sftp = openSftp(again);
      connection = again;
    } catch (Failure | RuntimeException e) {
      again.close();
      throw e;
    }
  }

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments) throws Failure {
    return run(program, arguments, PlasmaSshClient.STALL);
  }

  /** As {@link #run(String, List)}, for a program that may take until {@code limit}. */
  Optional<CommandResult> run(String program, List<String> arguments, Duration limit)
      throws Failure {
    try {
      if (!hasShell()) {
        return Optional.empty();
      }
      return RemoteProgram.run(connection.session(), ShellCommand.of(program, arguments), limit)
          .filter(result -> result.exitStatus() != 127);
    } catch (IOException e) {
      throw failure("cannot run " + FileNames.shown(program) + " for", folder, e);
    }
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
      Optional<CommandResult> echo =
          RemoteProgram.run(connection.session(), "echo " + token, PlasmaSshClient.CHANNEL_OPEN);
      shell =
          Optional.of(
              echo.isPresent()
                  && echo.get().exitStatus() == 0
                  && echo.get().output().contains(token));
    }
    return shell.get();
  }

  boolean isLost() {
    return connection.isLost() || !sftp.isOpen();
  }

  private String path(String name) {
    return folder.endsWith("/") ? folder + name : folder + "/" + name;
  }

  /** {@code user@host:path}, fit for one line of a message. */
  String shown(String path) {
    return FileNames.shown(connection.host().account() + ":" + path);
  }

  /** One line for people: what couldn't be done with which path, why, and what helps. */
  Failure failure(String action, String path, IOException cause) {
    return failure(action, path, cause, "");
  }

  /**
   * As {@link #failure(String, String, IOException)}.
   *
   * @param hint added where the server gives no reason
   */
  Failure failure(String action, String path, IOException cause, String hint) {
    String where = action + " " + shown(path) + ": ";
    if (cause instanceof InterruptedIOException || Thread.currentThread().isInterrupted()) {
      Thread.currentThread().interrupt(); // The library forgets it.
      return new Failure(ExitCode.STORAGE, where + "interrupted", cause);
    }
    if (isLost()) {
      return new Failure(
          ExitCode.STORAGE, where + "the connection was lost: " + connection.why(), cause);
    }
    return new Failure(
        ExitCode.STORAGE,
        where + (cause instanceof SftpException e ? why(e, hint) : SshConnection.reason(cause)),
        cause);
  }

  private String why(SftpException e, String hint) {
    return switch (e.getStatus()) {
      case SftpConstants.SSH_FX_NO_SUCH_FILE -> "no such file or folder";
      case SftpConstants.SSH_FX_PERMISSION_DENIED ->
          "permission denied: "
              + FileNames.shown(connection.host().user())
              + " must own the folder or may write to it (chown, chmod u+w)";
      case SftpConstants.SSH_FX_FAILURE -> diskFull().orElseGet(() -> words(e) + hint);
      default -> words(e);
    };
  }

  /** OpenSSH gives no reason for a full disk; its statvfs tells. */
  private Optional<String> diskFull() {
    OpenSSHStatPathExtension statvfs = sftp.getExtension(OpenSSHStatPathExtension.class);
    if (statvfs == null || !statvfs.isSupported()) {
      return Optional.empty();
    }
    try {
      OpenSSHStatExtensionInfo info = statvfs.stat(folder);
      long free = Math.multiplyExact(info.f_bavail, info.f_frsize);
      if (free < DISK_FULL) {
        return Optional.of("the disk is full: " + free + " bytes free");
      }
      return info.f_files > 0 && info.f_favail == 0
          ? Optional.of("the disk is full: no inodes are free")
          : Optional.empty();
    } catch (IOException | ArithmeticException unknown) {
      return Optional.empty();
    }
  }

  private static String words(SftpException e) {
    String message = e.getMessage();
    return "the server says: "
        + (message == null || message.isBlank()
            ? SftpConstants.getStatusName(e.getStatus())
            : FileNames.shown(message));
  }

  @Override
  public void close() {
    connection.close();
  }
}
