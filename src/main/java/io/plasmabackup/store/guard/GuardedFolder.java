package io.plasmabackup.store.guard;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Folders;
import io.plasmabackup.store.guard.GuardedName.Kind;
import io.plasmabackup.store.serve.Refused;
import io.plasmabackup.store.serve.WriteGuard;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folder, and what may be done in it. It is opened once, no link in it is followed, and all
 * that is done is done through that descriptor.
 *
 * <p>Several processes do this at once, one for each channel of each connection. What is counted is
 * counted, and what is published is renamed, under a lock on the folder (flock(2)). Whoever writes
 * to a partial file holds a shared lock on it meanwhile (fcntl(2)), and sees under this that it is
 * still called that; whoever publishes it holds the exclusive one. So nothing is written to what
 * has an archive's name, by a descriptor that was open before either.
 *
 * <p>Used by one thread.
 */
public final class GuardedFolder implements WriteGuard, AutoCloseable {

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(2);

  private static final int PARTIAL_MODE = 0600;
  private static final int PUBLISHED_MODE = 0400;
  private static final RawPath HERE = RawPath.of(".");

  private final Fd folder;
  private final FolderPaths paths;
  private final Limits limits;
  private final Clock clock;

  private GuardedFolder(Fd folder, FolderPaths paths, Limits limits, Clock clock) {
    this.folder = folder;
    this.paths = paths;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Opens a folder, which may be reached through links that the administrator made.
   *
   * @param start where relative paths start; absolute
   * @param clock in the server's time zone
   * @throws Failure with {@link ExitCode#STORAGE} if there is none
   */
  public static GuardedFolder open(Path path, Path start, Limits limits, Clock clock)
      throws Failure {
    Path absolute = start.resolve(path);
    try {
      Fd folder = Fd.openDirectory(RawPath.of(absolute.toString()));
      boolean opened = false;
      try {
        Path real = Path.of(folder.canonicalPath().toString());
        opened = true;
        return new GuardedFolder(folder, FolderPaths.of(path, real, start), limits, clock);
      } finally {
        if (!opened) {
          folder.close();
        }
      }
    } catch (ErrnoException e) {
      throw new Failure(
          ExitCode.STORAGE,
          "cannot use the folder "
              + FileNames.shown(absolute.toString())
              + ": "
              + e.errno().description(),
          e);
    }
  }

  public FolderPaths paths() {
    return paths;
  }

  /** The folder's path, without links. */
  public String path() {
    return paths.real();
  }

  /** For a server of this folder beside this one, which closes it. */
  public Fd open() throws ErrnoException {
    return folder.openAt(HERE, Fd.Use.DIRECTORY);
  }

  Limits limits() {
    return limits;
  }

  /**
   * A file that is there.
   *
   * @param status of the file itself, which is a regular one
   */
  record Entry(GuardedName name, FileStatus status) {}

  /** All that clients may know of, in the order of the names. */
  List<Entry> list() throws ErrnoException {
    List<Entry> entries = new ArrayList<>();
    Listing names = folder.list();
    for (int i = 0; i < names.size(); i++) {
      RawPath name = names.name(i);
      Optional<GuardedName> known =
          name.isAscii() ? GuardedName.parse(name.toString()) : Optional.empty();
      if (known.isPresent()) {
        find(known.get()).ifPresent(status -> entries.add(new Entry(known.get(), status)));
      }
    }
    return entries;
  }

  /** Empty if it isn't there, or is no regular file. */
  private Optional<FileStatus> find(GuardedName name) throws ErrnoException {
    try {
      FileStatus status = folder.statusAt(name.path());
      return status.type() == FileStatus.Type.REGULAR ? Optional.of(status) : Optional.empty();
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  FileStatus status(GuardedName name) throws ErrnoException, Denied {
    return find(name).orElseThrow(Denied::missing);
  }

  /** Of the folder itself. */
  FileStatus status() throws ErrnoException {
    return folder.status();
  }

  /**
   * Opens a file that is there. What is not to be read can be opened all the same, to have it
   * synced.
   */
  GuardedFile openToRead(GuardedName name) throws ErrnoException, Denied {
    boolean readable = limits.reading() || name.kind().isPart() || name.kind() == Kind.POLICY;
    return new GuardedFile(this, openRegular(name, Fd.Use.READ), name, readable, false);
  }

  /** Opens a partial file that is there. */
  GuardedFile openToChange(GuardedName name) throws ErrnoException, Denied {
    if (!name.kind().isPart()) {
      throw Denied.byRule("what is stored cannot be changed");
    }
    return new GuardedFile(this, openRegular(name, Fd.Use.CHANGE), name, true, true);
  }

  private Fd openRegular(GuardedName name, Fd.Use use) throws ErrnoException, Denied {
    // What isn't a regular file is not even opened.
    status(name);
    Fd file = folder.openAt(name.path(), use);
    boolean fits = false;
    try {
      FileStatus status = file.status();
      fits =
          status.type() == FileStatus.Type.REGULAR && (use == Fd.Use.READ || status.links() == 1);
    } finally {
      if (!fits) {
        file.close();
      }
    }
    if (!fits) {
      throw Denied.missing();
    }
    return file;
  }

  /** Creates a partial file. */
  GuardedFile create(GuardedName name) throws IOException, Denied {
    ArchiveName archive = name.archive();
    if (!name.kind().isPart() || archive == null) {
      throw Denied.byRule("only partial files of archives and indexes can be created");
    }
    try (Fd _ = lock()) {
      requireDate(name, archive);
      Usage usage = usage(null);
      if (usage.partials() >= limits.partials()) {
        throw Denied.byRule(
            "there are %d partial files already; those of runs that were cut off can be deleted"
                .formatted(usage.partials()));
      }
      if (name.kind() == Kind.ARCHIVE_PART) {
        requireNumber(usage);
      }
      requireRoom(usage, 0);
      return created(name);
    }
  }

  private GuardedFile created(GuardedName name) throws ErrnoException, Denied {
    Fd file;
    try {
      file = folder.createAt(name.path());
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST)) {
        throw Denied.failed(name.fileName() + " exists already");
      }
      throw e;
    }
    boolean made = false;
    try {
      Changes.setPermissions(file, PARTIAL_MODE);
      made = true;
      return new GuardedFile(this, file, name, true, true);
    } finally {
      if (!made) {
        file.close();
      }
    }
  }

  /** An index may be late, where its archive is still being written. */
  private void requireDate(GuardedName name, ArchiveName archive) throws ErrnoException, Denied {
    if (!GuardedName.isLabelledByDate(archive)) {
      throw Denied.byRule(
          "an archive of that date is not a " + archive.label().text() + " one: " + archive);
    }
    LocalDateTime now = LocalDateTime.now(clock);
    boolean early = archive.time().isBefore(now.minus(limits.window()));
    boolean continued =
        name.kind() == Kind.INDEX_PART
            && GuardedName.parse(FileNames.part(archive.fileName())).isPresent()
            && find(GuardedName.parse(FileNames.part(archive.fileName())).orElseThrow())
                .isPresent();
    if (archive.time().isAfter(now.plus(Limits.AHEAD)) || (early && !continued)) {
      throw Denied.byRule(
          "%s is too far from now, which is %tF %<tR here; a run that was cut off so long ago begins anew with --no-resume"
              .formatted(archive, now));
    }
  }

  private void requireNumber(Usage usage) throws Denied {
    if (usage.archives() >= limits.archivesPerDay()) {
      throw Denied.byRule(
          "%d archives were stored within 24 hours, and no more may be (--max-archives-per-day)"
              .formatted(usage.archives()));
    }
  }

  private void requireRoom(Usage usage, long counted) throws ErrnoException, Denied {
    if (limits.bytesPerDay().isPresent()
        && usage.bytes() > limits.bytesPerDay().getAsLong() - counted) {
      throw Denied.byRule(
          "no more than %,d bytes may be stored within 24 hours (--max-bytes-per-day)"
              .formatted(limits.bytesPerDay().getAsLong()));
    }
    if (folder.filesystemSpace().freeBytes() < limits.keptFree()) {
      throw Denied.byRule(
          "less than %,d bytes are free, which are not for backups (--keep-free)"
              .formatted(limits.keptFree()));
    }
  }

  /** Gives a partial file its name; one that is taken is never touched. */
  void publish(GuardedName part, GuardedName complete) throws IOException, Denied {
    ArchiveName archive = complete.archive();
    if (!part.becomes(complete) || archive == null) {
      throw Denied.byRule("only a partial file can be renamed, to the name that it is for");
    }
    try (Fd file = openRegular(part, Fd.Use.CHANGE);
        FileChannel channel = channel(file)) {
      // Before anybody has to wait for it.
      channel.force(true);
      try (Fd _ = lock();
          FileLock _ = channel.lock()) {
        requireCalled(file, part);
        if (complete.kind() == Kind.ARCHIVE) {
          requireNumber(usage(null));
        } else if (find(GuardedName.parse(archive.fileName()).orElseThrow()).isEmpty()) {
          throw Denied.byRule("there is no archive for that index");
        }
        Instant now = clock.instant();
        // When it was stored is our word: limits and rotation go by it.
        Changes.setTime(file, RawPath.EMPTY, new Timestamp(now.getEpochSecond(), now.getNano()));
        rename(part, complete);
        Changes.setPermissions(file, PUBLISHED_MODE);
      }
    }
    sync(folder);
  }

  private void rename(GuardedName part, GuardedName complete) throws ErrnoException, Denied {
    try {
      try {
        Changes.renameToNew(folder, part.path(), complete.path());
      } catch (ErrnoException e) {
        if (!e.is(Errno.EINVAL)) {
          throw e;
        }
        // The filesystem knows no RENAME_NOREPLACE.
        Changes.link(folder, part.path(), folder, complete.path());
        Changes.remove(folder, part.path());
      }
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST)) {
        throw Denied.failed("a file of that name exists already; it was not touched");
      }
      throw e;
    }
  }

  /** Removes a partial file. */
  void remove(GuardedName name) throws IOException, Denied {
    if (!name.kind().isPart()) {
      throw Denied.byRule("what is stored cannot be deleted; rotation does that, by the policy");
    }
    try (Fd _ = lock()) {
      status(name);
      Changes.remove(folder, name.path());
    }
  }

  /**
   * Changes a partial file.
   *
   * @param end how long the file is to be at least
   */
  void change(Fd file, GuardedName name, long end, Change change) throws IOException, Denied {
    long size = file.status().size();
    if (end <= size || end <= limits.counted(size)) {
      changeCalled(file, name, change);
      return;
    }
    try (Fd _ = lock()) {
      requireRoom(usage(name), limits.counted(end));
      changeCalled(file, name, change);
    }
  }

  private void changeCalled(Fd file, GuardedName name, Change change) throws IOException, Denied {
    try (FileChannel channel = channel(file);
        FileLock _ = channel.lock(0, Long.MAX_VALUE, true)) {
      requireCalled(file, name);
      change.make();
    }
  }

  private void requireCalled(Fd file, GuardedName name) throws ErrnoException, Denied {
    Optional<FileStatus> found = find(name);
    if (found.isEmpty() || !found.get().id().equals(file.status().id())) {
      throw Denied.byRule(name.fileName() + " is no partial file any more");
    }
  }

  @Override
  public void allow(Fd file, ArchiveName archive, long end, Change change) throws IOException {
    GuardedName name = GuardedName.parse(FileNames.part(archive.fileName())).orElseThrow();
    try {
      change(file, name, end, change);
    } catch (Denied e) {
      throw new Refused(e.getMessage());
    }
  }

  /**
   * What is in the folder.
   *
   * @param archives stored within the last day
   * @param bytes stored within the last day, and of partial files, as they {@linkplain
   *     Limits#counted count}
   */
  private record Usage(int archives, long bytes, int partials) {}

  /**
   * @param without a file that isn't counted; null: all are
   */
  private Usage usage(@Nullable GuardedName without) throws ErrnoException {
    Instant dayAgo = clock.instant().minus(DAY);
    int archives = 0;
    long bytes = 0;
    int partials = 0;
    for (Entry entry : list()) {
      GuardedName name = entry.name();
      long size = entry.status().size();
      if (name.equals(without)) {
        continue;
      }
      if (name.kind().isPart()) {
        partials++;
        bytes += limits.counted(size);
      } else if (entry.status().modified().seconds() > dayAgo.getEpochSecond()) {
        archives += name.kind() == Kind.ARCHIVE ? 1 : 0;
        bytes += size;
      }
    }
    return new Usage(archives, bytes, partials);
  }

  /**
   * Bytes that may still be stored.
   *
   * @param total of the filesystem
   */
  record Space(long free, long total, boolean readOnly) {}

  Space space() throws ErrnoException {
    long total = folder.filesystemSpace().totalBytes();
    long free = folder.filesystemSpace().freeBytes() - limits.keptFree();
    if (limits.bytesPerDay().isPresent()) {
      free = Math.min(free, limits.bytesPerDay().getAsLong() - usage(null).bytes());
    }
    return new Space(Math.max(0, free), total, folder.isOnReadOnlyMount());
  }

  /** Held until it is closed. */
  private Fd lock() throws IOException, Denied {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Fd lock = open();
    boolean locked = false;
    try {
      while (!lock.tryLock()) {
        if (System.nanoTime() > deadline) {
          throw Denied.failed("another connection holds the folder's lock");
        }
        Thread.sleep(PAUSE);
      }
      locked = true;
      return lock;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      if (!locked) {
        lock.close();
      }
    }
  }

  /** The same file, open for writing, for what Java can do with it and {@link Fd} cannot. */
  private static FileChannel channel(Fd file) throws IOException {
    return channel(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static FileChannel channel(Fd file, OpenOption... options) throws IOException {
    return FileChannel.open(descriptor(file), options);
  }

  private static Path descriptor(Fd file) {
    return Path.of("/proc/self/fd", Integer.toString(file.number()));
  }

  /** To the disk, and of a folder which names there are. */
  static void sync(Fd file) throws IOException {
    Folders.sync(descriptor(file));
  }

  /** What may be digested for clients: what they have sent, or could ask the digest of. */
  Fd openToDigest(GuardedName name) throws ErrnoException, Denied {
    return openRegular(name, Fd.Use.READ);
  }

  @Override
  public void close() {
    folder.close();
  }
}
