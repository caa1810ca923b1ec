package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.Copying;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.ReadingRefused;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoreProtocol;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Upload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.sshd.sftp.client.SftpClient.Attributes;
import org.apache.sshd.sftp.client.SftpClient.CloseableHandle;
import org.apache.sshd.sftp.client.SftpClient.DirEntry;
import org.apache.sshd.sftp.client.SftpClient.Handle;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHStatExtensionInfo;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHStatPathExtension;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

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

  private static final byte[] PROBE = "plasma-agent check\n".getBytes(StandardCharsets.US_ASCII);

  private static final String DELETE = "cannot delete";

  /** What it may be when a server only says that it failed. */
  private static final String UNSAID =
      ", and not why: its disk may be broken or have turned read-only (dmesg there tells), or a"
          + " quota or a limit on file sizes is reached";

  private static final String ASK = "cannot ask about";

  /** How long it may take to start Java on a machine that is busy. */
  private static final Duration PROGRAM_START = Duration.ofSeconds(30);

  private final Link link;

  /** For one source and one upload; empty before it is asked for, and where there is none. */
  private Optional<StoreProgram> program = Optional.empty();

  private boolean programIsUseless;

  /** As the server called it first: a new connection must lead to the same one. */
  private final String folder;

  private final boolean readAllBack;

  private SshStore(Link link, boolean readAllBack) {
    this.link = link;
    this.readAllBack = readAllBack;
    this.folder = link.folder();
  }

  /**
   * Begins in the background what the process's first connection else begins with: to be called as
   * soon as it is clear that there will be one.
   */
  public static void prepare() {
    PreparedKeyExchange.prepare();
  }

  /**
   * Connects, logs in and looks whether the folder is there; makes none.
   *
   * @param folder absolute, or relative to where SFTP starts (the account's home)
   * @param connections over how many a large file is uploaded
   * @param notes told one line for each connection that is lost, each that is made again, and about
   *     those of several that could not be made
   * @throws Failure with {@link ExitCode#CONNECTION}; with {@link ExitCode#STORAGE} if the folder
   *     can't be used; with {@link ExitCode#CONFIGURATION} if the ssh configuration can't
   */
  public static SshStore open(
      SshTarget target,
      String folder,
      Connections connections,
      Patience patience,
      Consumer<String> notes)
      throws Failure {
    return open(
        target,
        folder,
        SshEnvironment.ofProcess(patience.stallTimeout(), Bandwidth.UNLIMITED),
        connections,
        patience.retryFor(),
        patience.readAllBack(),
        notes);
  }

  static SshStore open(
      SshTarget target,
      String folder,
      SshEnvironment environment,
      Connections connections,
      Duration retryFor,
      boolean readAllBack,
      Consumer<String> notes)
      throws Failure {
    return new SshStore(
        Link.open(target, folder, environment, connections, retryFor, notes), readAllBack);
  }

  /** A store over a connection that is there. */
  static SshStore over(Link link, Patience patience) {
    return new SshStore(link, patience.readAllBack());
  }

  Link link() {
    return link;
  }

  /** What the server says that its SFTP can do beside the standard: untrusted names. */
  public Set<String> extensions() throws Failure {
    return ask(ASK, folder, sftp -> Set.copyOf(sftp.getServerExtensions().keySet()));
  }

  /** Whether all that is stored of an upload is to be compared before it goes on. */
  boolean readsAllBack() {
    return readAllBack;
  }

  @Override
  public String location() {
    return shown(folder);
  }

  @Override
  public String folder() {
    return folder;
  }

  /** Something that the server is asked for, which may be asked for again. */
  interface Request<T> {
    T make(Sftp sftp) throws IOException, Failure;
  }

  /** Asks until the connection lasts long enough. */
  <T> T ask(String action, String path, Request<T> request) throws Failure {
    link.ensure(action, path);
    while (true) {
      try {
        return request.make(link.sftp());
      } catch (IOException e) {
        if (!link.isBroken(e)) {
          throw failure(action, path, e);
        }
        link.recover(action, path, e);
      }
    }
  }

  @Override
  public List<StoredFile> list() throws Failure {
    return ask("cannot list", folder, this::list);
  }

  private List<StoredFile> list(Sftp sftp) throws IOException, Failure {
    List<StoredFile> files = new ArrayList<>();
    int entries = 0;
    try (CloseableHandle handle = sftp.openDir(folder)) {
      for (List<DirEntry> some = sftp.readDir(handle); some != null; some = sftp.readDir(handle)) {
        // Nor may it go on for ever without any.
        entries += Math.max(1, some.size());
        if (entries > MOST_FILES) {
          throw new Failure(
              ExitCode.STORAGE,
              "cannot list " + location() + ": it has more than " + MOST_FILES + " entries");
        }
        some.forEach(entry -> describe(entry).ifPresent(files::add));
      }
    }
    return files;
  }

  /** Leaves out what no folder can have: the listing is the server's word. */
  static Optional<StoredFile> describe(DirEntry entry) {
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
    return ask("cannot read", path, sftp -> read(sftp, path, limit));
  }

  private Optional<byte[]> read(Sftp sftp, String path, int limit) throws IOException, Failure {
    try {
      requireFile(sftp, path);
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
      throw e;
    }
  }

  private void requireFile(Sftp sftp, String path) throws IOException, Failure {
    if (!sftp.lstat(path).isRegularFile()) {
      throw new Failure(ExitCode.STORAGE, "cannot read " + shown(path) + ": not a file");
    }
  }

  @Override
  public Optional<StoredBytes> open(String name) throws Failure {
    String path = path(FileNames.requirePlain(name));
    return ask("cannot read", path, sftp -> open(sftp, path));
  }

  private Optional<StoredBytes> open(Sftp sftp, String path) throws IOException, Failure {
    try {
      requireFile(sftp, path);
      CloseableHandle handle = sftp.open(path, OpenMode.Read);
      @Nullable Attributes found = null;
      try {
        found = sftp.stat(handle);
        return Optional.of(new SftpBytes(this, path, handle, found));
      } finally {
        if (found == null) {
          handle.close();
        }
      }
    } catch (SftpException e) {
      if (e.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** {@inheritDoc} Java takes half a second to start there. */
  @Override
  public void prepareCopying() throws Failure {
    if (program.isEmpty() && !programIsUseless) {
      program = ask(ASK, folder, sftp -> link.startStoreProgram());
      programIsUseless = program.isEmpty();
    }
  }

  @Override
  public Copying copying(StoredBytes source) throws Failure {
    if (!(source instanceof SftpBytes bytes)) {
      return Copying.NOTHING;
    }
    prepareCopying();
    Optional<Boolean> shares = ask(ASK, folder, sftp -> openInProgram(bytes));
    if (shares.isPresent()) {
      return shares.get() ? Copying.BY_PROGRAM_SHARING : Copying.BY_PROGRAM;
    }
    return ask(ASK, folder, Sftp::copies) ? Copying.BY_COPY_DATA : Copying.NOTHING;
  }

  /** Whether the program shares blocks of the file; empty if it does nothing with it. */
  private Optional<Boolean> openInProgram(SftpBytes source) throws IOException {
    if (program.isEmpty()) {
      return Optional.empty();
    }
    StoreProgram started = program.get();
    Optional<Boolean> shares = Optional.empty();
    try {
      Optional<StoreProgram.Unusable> unusable = started.awaitStart(PROGRAM_START);
      if (unusable.isEmpty()) {
        shares = Optional.of(started.openSource(source.copySource(), link.stall()));
      } else {
        unusable.get().why().ifPresent(this::noteUnusable);
      }
    } catch (CopySource.Lost lost) {
      noteUnusable(String.valueOf(lost.getMessage()));
    } finally {
      if (shares.isEmpty()) {
        started.close();
        program = Optional.empty();
        programIsUseless = true;
      }
    }
    return shares;
  }

  private void noteUnusable(String why) {
    link.note("plasma-store on " + shown(folder) + " is not used: " + why);
  }

  /**
   * The program that has the source open, with the partial file of {@code name}, too; empty if
   * there is none, or the connection is another one by now.
   */
  Optional<StoreProgram> programFor(String name) throws IOException {
    if (program.isEmpty() || program.get().connection() != link.connection()) {
      return Optional.empty();
    }
    try {
      Optional<String> problem = program.get().openTarget(name, link.stall());
      problem.ifPresent(this::noteUnusable);
      return problem.isPresent() ? Optional.empty() : program;
    } catch (CopySource.Lost lost) {
      noteUnusable(String.valueOf(lost.getMessage()));
      return Optional.empty();
    }
  }

  @Override
  public Upload begin(String name) throws Failure {
    String part = path(FileNames.part(name));
    link.ensure("cannot create", part);
    try {
      return SftpUpload.begun(this, link, part, path(name), link.sftp().create(part));
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

  @Override
  public Optional<Upload> resume(String name, List<Chunk> acknowledged) throws Failure {
    String part = path(FileNames.part(name));
    return ask("cannot go on with", part, sftp -> resume(sftp, part, path(name), acknowledged));
  }

  private Optional<Upload> resume(Sftp sftp, String part, String target, List<Chunk> acknowledged)
      throws IOException {
    Optional<CloseableHandle> file = sftp.openRegular(part);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    Optional<Chunk> last = Chunk.lastWithin(acknowledged, sftp.stat(file.get()).getSize());
    if (last.isEmpty() || !isStored(sftp, file.get(), acknowledged, last.get())) {
      file.get().close();
      return Optional.empty();
    }
    sftp.truncate(file.get(), last.get().end());
    return Optional.of(SftpUpload.resumed(this, link, part, target, file.get(), last.get()));
  }

  private boolean isStored(Sftp sftp, Handle file, List<Chunk> acknowledged, Chunk last)
      throws IOException {
    if (readAllBack) {
      for (Chunk chunk : acknowledged) {
        if (chunk.end() < last.end() && !sftp.holds(file, chunk)) {
          return false;
        }
      }
    }
    return sftp.holds(file, last);
  }

  @Override
  public void replace(String name, byte[] content) throws Failure {
    String part = path(FileNames.part(name));
    String target = path(name);
    // What is there of it may be an answer's that got lost.
    ask(
        "cannot write",
        target,
        sftp -> {
          remove(sftp, part);
          try {
            sftp.store(part, content);
            sftp.replace(part, target);
          } catch (SftpException e) {
            remove(sftp, part);
            throw e;
          }
          return true;
        });
  }

  @Override
  public Instant probe(String name) throws Failure {
    String part = path(FileNames.part(name));
    AtomicBoolean again = new AtomicBoolean();
    return ask(
        "cannot write",
        part,
        sftp -> {
          if (again.getAndSet(true)) {
            // Made over a connection that was lost since.
            remove(sftp, part);
          }
          CloseableHandle file = sftp.create(part);
          try (file) {
            sftp.fill(file, PROBE);
            FileTime modified = sftp.stat(file).getModifyTime();
            return modified == null ? Instant.EPOCH : modified.toInstant();
          } finally {
            remove(sftp, part);
          }
        });
  }

  @Override
  public void discard(String name) throws Failure {
    deleteIfThere(path(FileNames.part(name)));
  }

  @Override
  public OptionalLong free() throws Failure {
    return ask(
        "cannot ask how much is free in",
        folder,
        sftp -> {
          try {
            Optional<OpenSSHStatExtensionInfo> info = statvfs(sftp);
            return info.isEmpty() ? OptionalLong.empty() : bytes(info.get());
          } catch (SftpException e) {
            if (link.isBroken(e)) {
              throw e;
            }
            return OptionalLong.empty();
          }
        });
  }

  /** Empty where the server has no such request. */
  private Optional<OpenSSHStatExtensionInfo> statvfs(Sftp sftp) throws IOException {
    OpenSSHStatPathExtension statvfs = sftp.getExtension(OpenSSHStatPathExtension.class);
    return statvfs == null || !statvfs.isSupported()
        ? Optional.empty()
        : Optional.of(statvfs.stat(folder));
  }

  /** Empty where the server's numbers make no sense. */
  private static OptionalLong bytes(OpenSSHStatExtensionInfo info) {
    long most = info.f_frsize > 0 ? Long.MAX_VALUE / info.f_frsize : -1;
    return info.f_bavail < 0 || info.f_bavail > most
        ? OptionalLong.empty()
        : OptionalLong.of(info.f_bavail * info.f_frsize);
  }

  private boolean existsForSure(String path) {
    try {
      return link.sftp().exists(path);
    } catch (IOException unknown) {
      return false;
    }
  }

  @Override
  public void delete(String name) throws Failure {
    deleteIfThere(path(FileNames.requirePlain(name)));
  }

  private void deleteIfThere(String path) throws Failure {
    ask(DELETE, path, sftp -> remove(sftp, path));
  }

  /** Whether it was there. */
  private static boolean remove(Sftp sftp, String path) throws IOException {
    try {
      sftp.remove(path);
      return true;
    } catch (SftpException e) {
      if (e.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Removes a partial file, by a new connection if this one is gone. Not given up because of an
   * interrupt, which closing what is broken may bring up: it is kept for whoever comes next.
   */
  void removeIncomplete(String part) throws Failure {
    boolean interrupted = Thread.interrupted();
    try {
      if (link.isLost()) {
        link.close();
        interrupted |= Thread.interrupted();
        reconnectFor(part);
      }
      remove(link.sftp(), part);
    } catch (IOException e) {
      throw failure(DELETE, part, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void reconnectFor(String part) throws Failure {
    try {
      link.reconnect();
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

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments) throws Failure {
    return run(program, arguments, 0);
  }

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments, long bytes)
      throws Failure {
    String action = "cannot run " + FileNames.shown(program) + " for";
    link.ensure(action, folder);
    try {
      return link.run(program, arguments, ContentCheck.timeFor(bytes));
    } catch (IOException e) {
      throw failure(action, folder, e);
    }
  }

  private String path(String name) {
    return folder.endsWith("/") ? folder + name : folder + "/" + name;
  }

  private String shown(String path) {
    return link.shown(path);
  }

  /** One line for people: what couldn't be done with which path, why, and what helps. */
  Failure failure(String action, String path, IOException cause) {
    if (Link.isInterrupt(cause)) {
      return link.interrupted(action, path, cause);
    }
    String why;
    if (link.isLost()) {
      why = "the connection was lost: " + link.why();
    } else {
      why = cause instanceof SftpException e ? why(e) : SshConnection.reason(cause);
    }
    String message = action + " " + shown(path) + ": " + why;
    return String.valueOf(cause.getMessage())
            .equals(StoreProtocol.SAYS + StoreProtocol.NOT_READABLE)
        ? new ReadingRefused(message, cause)
        : new Failure(ExitCode.STORAGE, message, cause);
  }

  private String why(SftpException e) {
    if (String.valueOf(e.getMessage()).startsWith(StoreProtocol.SAYS)) {
      // Its own reason, not one that we would have to guess.
      return Sftp.words(e);
    }
    return switch (e.getStatus()) {
      case SftpConstants.SSH_FX_NO_SUCH_FILE -> "no such file or folder";
      case SftpConstants.SSH_FX_PERMISSION_DENIED ->
          "permission denied: "
              + FileNames.shown(link.host().user())
              + " must own the folder or may write to it (chown, chmod u+w)";
      case SftpConstants.SSH_FX_FAILURE -> disk().orElseGet(() -> Sftp.words(e) + UNSAID);
      default -> Sftp.words(e);
    };
  }

  /** OpenSSH gives no reason for what comes from the disk; its statvfs tells some. */
  private Optional<String> disk() {
    try {
      Optional<OpenSSHStatExtensionInfo> info = statvfs(link.sftp());
      if (info.isEmpty()) {
        return Optional.empty();
      }
      OptionalLong free = bytes(info.get());
      if (free.isPresent() && free.getAsLong() < DISK_FULL) {
        return Optional.of("the disk is full: " + free.getAsLong() + " bytes free");
      }
      if ((info.get().f_flag & OpenSSHStatExtensionInfo.SSH_FXE_STATVFS_ST_RDONLY) != 0) {
        return Optional.of(
            "its filesystem is read-only: look there why (dmesg), and mount it read-write");
      }
      return info.get().f_files > 0 && info.get().f_favail == 0
          ? Optional.of("the disk is full: no inodes are free")
          : Optional.empty();
    } catch (IOException unknown) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    link.close();
  }
}
