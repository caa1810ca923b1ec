package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.dirent64;
import io.plasmabackup.bindings.file_clone_range;
import io.plasmabackup.bindings.open_how;
import io.plasmabackup.bindings.statfs;
import io.plasmabackup.bindings.statx;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An open file descriptor. It has one owner, who closes it; nothing else does. Calls from several
 * threads at once are fine, but none may overlap {@link #close}. Every descriptor is close-on-exec.
 */
public final class Fd implements AutoCloseable {

  private static final AtomicInteger OPEN = new AtomicInteger();

  private static final RawPath DESCRIPTORS = RawPath.of("/proc/self/fd");
  private static final Platform PLATFORM = Platform.current();
  private static final int STATX_MASK = Native.STATX_BASIC_STATS() | Native.STATX_MNT_ID();

  /** How filesystems say that they don't know an ioctl(2). */
  private static final Set<Errno> NO_SUCH_REQUEST =
      Set.of(Errno.ENOTTY, Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.EINVAL);

  /** Longest path that is handed to one openat2(2); longer ones are opened step by step. */
  private static final int STEP_BYTES = 4000;

  private final int number;
  private final RawPath shown;
  private boolean closed;

  private Fd(int number, RawPath shown) {
    this.number = number;
    this.shown = shown;
    OPEN.incrementAndGet();
  }

  /** What a descriptor is wanted for. */
  public enum Use {
    /**
     * To read a file's data. Doesn't block on a fifo and leaves the access time alone where the
     * kernel allows it.
     */
    READ,
    /** To list a directory and to reach what is in it. */
    DIRECTORY,
    /** To ask about a file without opening it: O_PATH. */
    LOCATE,
    /** To change a file that is there, and to read it. */
    CHANGE;

    private int flags() {
      int common = Native.O_CLOEXEC() | PLATFORM.oNofollow();
      return switch (this) {
        case READ -> common | Native.O_RDONLY() | Native.O_NONBLOCK() | Native.O_NOATIME();
        case DIRECTORY -> common | Native.O_RDONLY() | PLATFORM.oDirectory();
        case LOCATE -> common | Native.O_PATH();
        case CHANGE -> common | Native.O_RDWR() | Native.O_NONBLOCK();
      };
    }
  }

  /** What an {@link ErrnoException} calls it if reading failed. */
  public static final String READ = "read";

  /** How many descriptors are open in this process: for tests, which prove that none leaks. */
  public static int openCount() {
    return OPEN.get();
  }

  /** Opens a path of the live system; links on the way are followed, one at its end is not. */
  public static Fd open(RawPath path, Use use) throws ErrnoException {
    return open(Native.AT_FDCWD(), path, path, use.flags());
  }

  /**
   * Opens a canonical path of the live system, which no link is on, of any length.
   *
   * @param path absolute
   */
  public static Fd openCanonical(RawPath path, Use use) throws ErrnoException {
    RawPath root = RawPath.of("/");
    if (path.equals(root)) {
      return open(root, use);
    }
    try (Fd top = open(root, Use.LOCATE)) {
      return top.openBeneath(path.relativeTo(root), use);
    }
  }

  /** Opens a directory of the live system, following links to it. */
  public static Fd openDirectory(RawPath path) throws ErrnoException {
    return open(Native.AT_FDCWD(), path, path, Use.DIRECTORY.flags() & ~PLATFORM.oNofollow());
  }

  /** Locates a path of the live system, following links on the way and at its end. */
  public static Fd openFollowing(RawPath path) throws ErrnoException {
    return open(Native.AT_FDCWD(), path, path, Use.LOCATE.flags() & ~PLATFORM.oNofollow());
  }

  /** Opens {@code name}, one component, in this directory; never follows a link. */
  public Fd openAt(RawPath name, Use use) throws ErrnoException {
    return open(number(), name, shown.resolve(name), use.flags());
  }

  /**
   * Creates a file without a name in this directory: O_TMPFILE of open(2). It is gone when it is
   * closed, unless {@link Changes#link} gave it a name.
   *
   * @param mode its permissions, less the umask
   * @throws ErrnoException also where the filesystem knows no such files (EOPNOTSUPP)
   */
  public Fd createUnnamed(int mode) throws ErrnoException {
    return open(
        (scratch, flags) ->
            LibC.openat(scratch.state, number(), scratch.path(RawPath.of(".")), flags, mode),
        shown,
        Native.O_CLOEXEC() | Native.O_RDWR() | PLATFORM.oTmpfile());
  }

  /**
   * Creates the file {@code name} in this directory, which nobody but root may read; one that is
   * there already is an error (EEXIST), and so is a link.
   */
  public Fd createAt(RawPath name) throws ErrnoException {
    return open(
        number(),
        name,
        shown.resolve(name),
        Native.O_CLOEXEC() | Native.O_RDWR() | Native.O_CREAT() | Native.O_EXCL());
  }

  private static Fd open(int directory, RawPath path, RawPath shown, int flags)
      throws ErrnoException {
    return open(
        (scratch, tried) -> LibC.openat(scratch.state, directory, scratch.path(path), tried, 0),
        shown,
        flags);
  }

  /**
   * Opens a relative path of any length below this directory. The kernel itself refuses to leave
   * the directory and to follow any link on the way: openat2(2) with RESOLVE_BENEATH and
   * RESOLVE_NO_SYMLINKS (Linux 5.6).
   */
  public Fd openBeneath(RawPath relative, Use use) throws ErrnoException {
    byte[] path = relative.shared();
    if (path.length <= STEP_BYTES) {
      return openBeneath(relative, shown.resolve(relative), use.flags());
    }
    int cut = STEP_BYTES;
    while (cut > 0 && path[cut] != '/') {
      cut--;
    }
    if (cut == 0) {
      // One name of that length, or an absolute path: the kernel wouldn't take it either.
      throw new ErrnoException("open", shown.resolve(relative).toString(), Errno.ENAMETOOLONG);
    }
    RawPath head = RawPath.wrap(Arrays.copyOf(path, cut));
    RawPath tail = RawPath.wrap(Arrays.copyOfRange(path, cut + 1, path.length));
    try (Fd directory =
        openBeneath(head, shown.resolve(head), Use.LOCATE.flags() | PLATFORM.oDirectory())) {
      return directory.openBeneath(tail, use);
    }
  }

  private Fd openBeneath(RawPath path, RawPath shownPath, int flags) throws ErrnoException {
    return open((scratch, tried) -> openat2(scratch, path, tried), shownPath, flags);
  }

  private long openat2(Scratch scratch, RawPath path, int flags) throws ErrnoException {
    MemorySegment how = scratch.data;
    long size = open_how.sizeof();
    how.asSlice(0, size).fill((byte) 0);
    open_how.flags(how, flags);
    open_how.resolve(
        how,
        Native.RESOLVE_BENEATH() | Native.RESOLVE_NO_SYMLINKS() | Native.RESOLVE_NO_MAGICLINKS());
    return LibC.openat2(scratch.state, number(), scratch.path(path), how, size);
  }

  /** One attempt to open something: a descriptor's number, or -1 with errno in the scratch. */
  private interface Opener {
    long open(Scratch scratch, int flags) throws ErrnoException;
  }

  private static Fd open(Opener opener, RawPath shown, int flags) throws ErrnoException {
    Scratch scratch = Scratch.get();
    long fd;
    do {
      fd = opener.open(scratch, flags);
    } while (fd < 0 && scratch.errno().equals(Errno.EINTR));
    if (fd >= 0) {
      return new Fd((int) fd, shown);
    }
    Errno errno = scratch.errno();
    if (errno.equals(Errno.EPERM) && (flags & Native.O_NOATIME()) != 0) {
      // O_NOATIME is for a file's owner and for root only: open(2).
      return open(opener, shown, flags & ~Native.O_NOATIME());
    }
    if (errno.equals(Errno.EAGAIN) && (flags & Native.O_NONBLOCK()) != 0) {
      return openLeased(opener, shown, flags);
    }
    throw new ErrnoException("open", shown.toString(), errno);
  }

  /**
   * Waits for a file that another process, a file server for instance, holds a lease on: F_SETLEASE
   * of fcntl(2). The kernel takes it away from there within /proc/sys/fs/lease-break-time. Only
   * regular files can have one, and on nothing else is it safe to wait.
   */
  private static Fd openLeased(Opener opener, RawPath shown, int flags) throws ErrnoException {
    try (Fd located = open(opener, shown, Use.LOCATE.flags())) {
      if (located.status().type() != FileStatus.Type.REGULAR) {
        throw new ErrnoException("open", shown.toString(), Errno.EAGAIN);
      }
      return open(
          Native.AT_FDCWD(),
          located.descriptorPath(),
          shown,
          flags & ~(Native.O_NONBLOCK() | PLATFORM.oNofollow()));
    }
  }

  /** A path to whatever this is, without walking to it again: proc_pid_fd(5). */
  RawPath descriptorPath() {
    return DESCRIPTORS.resolve(Integer.toString(number()));
  }

  /** The path that this was opened by: for messages, and only for them. */
  public RawPath shownPath() {
    return shown;
  }

  /**
   * The descriptor's number, for a structure that {@link #ioctl} passes on; not to be kept, nor
   * closed.
   */
  public int number() {
    if (closed) {
      throw new IllegalStateException(shown + " is closed");
    }
    return number;
  }

  /** Status of the open file itself. */
  public FileStatus status() throws ErrnoException {
    return statx(RawPath.EMPTY, Native.AT_EMPTY_PATH());
  }

  /** Status of {@code name} in this directory; of the link itself if it is one. */
  public FileStatus statusAt(RawPath name) throws ErrnoException {
    return statx(name, 0);
  }

  private FileStatus statx(RawPath name, int flags) throws ErrnoException {
    Scratch scratch = Scratch.get();
    int result =
        LibC.statx(
            scratch.state,
            number(),
            scratch.path(name),
            flags | Native.AT_SYMLINK_NOFOLLOW() | Native.AT_NO_AUTOMOUNT(),
            STATX_MASK,
            scratch.data);
    if (result < 0) {
      throw new ErrnoException("stat", shown.resolve(name).toString(), scratch.errno());
    }
    return FileStatus.of(scratch.data.asSlice(0, statx.sizeof()));
  }

  /**
   * The target of the symbolic link {@code name} in this directory, of any length that Linux knows.
   */
  public RawPath readLinkAt(RawPath name) throws ErrnoException {
    Scratch scratch = Scratch.get();
    long length =
        LibC.readlinkat(
            scratch.state, number(), scratch.path(name), scratch.data, (long) Scratch.DATA_BYTES);
    if (length < 0) {
      throw new ErrnoException("read the link", shown.resolve(name).toString(), scratch.errno());
    }
    return RawPath.wrap(bytes(scratch.data, 0, length));
  }

  /**
   * The canonical path of this file in our mount namespace.
   *
   * @throws ErrnoException (ENOENT) if it has none: it was removed, or a mount hides it
   */
  public RawPath canonicalPath() throws ErrnoException {
    RawPath path;
    try (Fd descriptors = openDirectory(DESCRIPTORS)) {
      path = descriptors.readLinkAt(RawPath.of(Integer.toString(number())));
    }
    // The kernel appends " (deleted)" where it applies, which could be another file's name.
    try (Fd found = open(path, Use.LOCATE)) {
      if (found.status().id().equals(status().id())) {
        return path;
      }
    }
    throw new ErrnoException("find", shown.toString(), Errno.ENOENT);
  }

  /**
   * The names in this directory. Reads it from its start; the one method that may not run in two
   * threads at once.
   */
  public Listing list() throws ErrnoException {
    Scratch scratch = Scratch.get();
    Listing.Builder names = new Listing.Builder();
    seek(0, Native.SEEK_SET());
    while (true) {
      long filled =
          LibC.getdents64(scratch.state, number(), scratch.data, (long) Scratch.DATA_BYTES);
      if (filled < 0) {
        if (scratch.errno().equals(Errno.EINTR)) {
          continue;
        }
        throw new ErrnoException("list", shown.toString(), scratch.errno());
      }
      if (filled == 0) {
        return names.sorted();
      }
      for (long at = 0; at < filled; ) {
        at += addRecord(scratch.data, at, names);
      }
    }
  }

  /**
   * Reads a struct linux_dirent64 of getdents64(2), which glibc's struct dirent64 mirrors; a record
   * ends with its name, before the struct does.
   *
   * @return its length in bytes
   */
  private static int addRecord(MemorySegment from, long at, Listing.Builder names) {
    long start = at + dirent64.d_name$offset();
    long end = start;
    while (from.get(ValueLayout.JAVA_BYTE, end) != 0) {
      end++;
    }
    int length = (int) (end - start);
    if (!isDots(from, start, length)) {
      byte type = from.get(dirent64.d_type$layout(), at + dirent64.d_type$offset());
      int target =
          names.add(
              from.get(dirent64.d_ino$layout(), at + dirent64.d_ino$offset()),
              type != Native.DT_DIR() && type != Native.DT_UNKNOWN(),
              length);
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, start, names.records(), target, length);
    }
    return Short.toUnsignedInt(
        from.get(dirent64.d_reclen$layout(), at + dirent64.d_reclen$offset()));
  }

  private static boolean isDots(MemorySegment from, long start, int length) {
    return length <= 2
        && from.get(ValueLayout.JAVA_BYTE, start) == '.'
        && (length == 1 || from.get(ValueLayout.JAVA_BYTE, start + 1) == '.');
  }

  /**
   * Reads up to {@code length} bytes from {@code position} on: pread(2), as often as needed. Less
   * are read at the file's end only.
   *
   * @return bytes read, 0 at the end
   */
  public int read(long position, byte[] into, int offset, int length) throws ErrnoException {
    Scratch scratch = Scratch.get();
    int done = 0;
    while (done < length) {
      long count =
          LibC.pread(
              scratch.state,
              number(),
              scratch.data,
              (long) Math.min(length - done, Scratch.DATA_BYTES),
              position + done);
      if (count < 0) {
        retry(READ, this, position + done, scratch);
        continue;
      }
      if (count == 0) {
        break;
      }
      MemorySegment.copy(scratch.data, ValueLayout.JAVA_BYTE, 0, into, offset + done, (int) count);
      done += (int) count;
    }
    return done;
  }

  /**
   * Reads from {@code position} on until the buffer is full or the file ends: pread(2), as often as
   * needed, straight into the buffer.
   *
   * @param into direct; its position is moved on by what was read
   */
  public void read(long position, ByteBuffer into) throws ErrnoException {
    MemorySegment target = MemorySegment.ofBuffer(into);
    Scratch scratch = Scratch.get();
    long done = 0;
    while (done < target.byteSize()) {
      long count =
          LibC.pread(
              scratch.state,
              number(),
              target.asSlice(done),
              target.byteSize() - done,
              position + done);
      if (count < 0) {
        retry(READ, this, position + done, scratch);
      }
      if (count == 0) {
        break;
      }
      done += Math.max(count, 0);
    }
    into.position(into.position() + (int) done);
  }

  /**
   * Writes all of the bytes, from {@code position} on: pwrite(2), as often as needed. What lies
   * between the file's end and there is a hole then.
   */
  public void write(long position, byte[] from, int offset, int length) throws ErrnoException {
    Scratch scratch = Scratch.get();
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, Scratch.DATA_BYTES);
      MemorySegment.copy(from, offset + done, scratch.data, ValueLayout.JAVA_BYTE, 0, part);
      writeScratch(scratch, part, position + done);
      done += part;
    }
  }

  /**
   * Reads, and keeps nothing of it: to see whether it can be read.
   *
   * @return bytes read, less than {@code length} where the file ends
   */
  public long touch(long position, long length) throws ErrnoException {
    Scratch scratch = Scratch.get();
    long done = 0;
    while (done < length) {
      long part = Math.min(length - done, Scratch.DATA_BYTES);
      long count = LibC.pread(scratch.state, number(), scratch.data, part, position + done);
      if (count == 0) {
        break;
      }
      if (count < 0) {
        retry(READ, this, position + done, scratch);
      }
      done += Math.max(count, 0);
    }
    return done;
  }

  /**
   * Copies from another file: pread(2) and pwrite(2), as often as needed.
   *
   * @param from where in the source
   * @param at where in this file
   * @return bytes copied, less than {@code length} where the source ends
   */
  public long copy(Fd source, long from, long length, long at) throws ErrnoException {
    Scratch scratch = Scratch.get();
    long done = 0;
    while (done < length) {
      long part = Math.min(length - done, Scratch.DATA_BYTES);
      long read = LibC.pread(scratch.state, source.number(), scratch.data, part, from + done);
      if (read == 0) {
        break;
      }
      if (read < 0) {
        retry(READ, source, from + done, scratch);
        continue;
      }
      writeScratch(scratch, read, at + done);
      done += read;
    }
    return done;
  }

  /** Writes the first bytes of the scratch: pwrite(2), as often as needed. */
  private void writeScratch(Scratch scratch, long length, long position) throws ErrnoException {
    for (long done = 0; done < length; ) {
      MemorySegment rest = scratch.data.asSlice(done);
      long count = LibC.pwrite(scratch.state, number(), rest, length - done, position + done);
      if (count < 0) {
        retry("write", this, position + done, scratch);
      }
      done += Math.max(count, 0);
    }
  }

  /** Fails, unless a signal came between. */
  private static void retry(String operation, Fd file, long position, Scratch scratch)
      throws ErrnoException {
    if (!scratch.errno().equals(Errno.EINTR)) {
      throw new ErrnoException(operation, file.shown + " at byte " + position, scratch.errno());
    }
  }

  /** Makes the file that long, by a hole at its end or by cutting it off: ftruncate(2). */
  public void truncate(long size) throws ErrnoException {
    Scratch scratch = Scratch.get();
    if (LibC.ftruncate(scratch.state, number(), size) < 0) {
      throw new ErrnoException("set the size of", shown.toString(), scratch.errno());
    }
  }

  /**
   * Where data begins at or after {@code position}: SEEK_DATA of lseek(2); -1 if only a hole
   * follows.
   */
  public long nextData(long position) throws ErrnoException {
    try {
      return seek(position, Native.SEEK_DATA());
    } catch (ErrnoException e) {
      if (e.is(Errno.ENXIO)) {
        return -1;
      }
      throw e;
    }
  }

  /**
   * Where a hole begins at or after {@code position}: SEEK_HOLE of lseek(2). All that follows the
   * file's end is one.
   */
  public long nextHole(long position) throws ErrnoException {
    try {
      return seek(position, Native.SEEK_HOLE());
    } catch (ErrnoException e) {
      if (e.is(Errno.ENXIO)) {
        return position;
      }
      throw e;
    }
  }

  private long seek(long position, int whence) throws ErrnoException {
    Scratch scratch = Scratch.get();
    long result = LibC.lseek(scratch.state, number(), position, whence);
    if (result < 0) {
      throw new ErrnoException("seek in", shown.toString(), scratch.errno());
    }
    return result;
  }

  /**
   * The extended attributes of {@code name} in this directory (of the link itself if it is one), in
   * the order of their names; none where the filesystem has no such thing.
   */
  public Map<RawPath, byte[]> attributesAt(RawPath name) throws ErrnoException {
    // There is no listxattrat(2) before Linux 6.13.
    return attributes(descriptorPath().resolve(name), name);
  }

  /** The extended attributes of this open file. */
  public Map<RawPath, byte[]> attributes() throws ErrnoException {
    return attributes(null, RawPath.EMPTY);
  }

  /**
   * @param path absent: this file itself
   * @param shownName relative to this, for messages: they are rare, and making their text is not
   *     cheap
   */
  private Map<RawPath, byte[]> attributes(@Nullable RawPath path, RawPath shownName)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    long length =
        path == null
            ? LibC.flistxattr(scratch.state, number(), scratch.data, Scratch.DATA_BYTES)
            : LibC.llistxattr(scratch.state, scratch.path(path), scratch.data, Scratch.DATA_BYTES);
    if (length < 0) {
      if (scratch.errno().equals(Errno.EOPNOTSUPP)) {
        return Map.of();
      }
      throw new ErrnoException(
          "list the attributes of", shown.resolve(shownName).toString(), scratch.errno());
    }
    if (length == 0) {
      return Map.of();
    }
    byte[] list = bytes(scratch.data, 0, length);
    List<RawPath> names = new ArrayList<>();
    for (int start = 0, end = 0; end < list.length; end++) {
      if (list[end] == 0) {
        names.add(RawPath.wrap(Arrays.copyOfRange(list, start, end)));
        start = end + 1;
      }
    }
    names.sort(null);
    Map<RawPath, byte[]> attributes = new LinkedHashMap<>();
    for (RawPath name : names) {
      byte @Nullable [] value = attribute(path, name, shownName);
      if (value != null) {
        attributes.put(name, value);
      }
    }
    return attributes;
  }

  /** Null if the attribute went away since it was listed. */
  private byte @Nullable [] attribute(@Nullable RawPath path, RawPath name, RawPath shownName)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    MemorySegment attribute = scratch.secondPath(name);
    long length =
        path == null
            ? LibC.fgetxattr(scratch.state, number(), attribute, scratch.data, Scratch.DATA_BYTES)
            : LibC.lgetxattr(
                scratch.state, scratch.path(path), attribute, scratch.data, Scratch.DATA_BYTES);
    if (length < 0) {
      if (scratch.errno().equals(Errno.ENODATA)) {
        return null;
      }
      throw new ErrnoException(
          "read the attribute " + name + " of",
          shown.resolve(shownName).toString(),
          scratch.errno());
    }
    return bytes(scratch.data, 0, length);
  }

  /**
   * Whether this file's data is written in place, without checksums: {@code chattr +C}, from
   * FS_IOC_GETFLAGS of ioctl_iflags(2). False where the filesystem has no such flags.
   */
  public boolean isNoCopyOnWrite() throws ErrnoException {
    try {
      return (flags() & Native.FS_NOCOW_FL()) != 0;
    } catch (ErrnoException e) {
      if (NO_SUCH_REQUEST.contains(e.errno())) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Lets this file be changed and deleted, whatever {@code chattr +i} or {@code +a} said:
   * FS_IOC_SETFLAGS of ioctl_iflags(2). Needs CAP_LINUX_IMMUTABLE.
   */
  public void unlock() throws ErrnoException {
    int unlocked = flags() & ~(Native.FS_IMMUTABLE_FL() | Native.FS_APPEND_FL());
    Scratch scratch = Scratch.get();
    scratch.data.set(ValueLayout.JAVA_INT, 0, unlocked);
    ioctl(Native.FS_IOC_SETFLAGS(), scratch.data, "set the flags of", shown::toString);
  }

  /** The flags of chattr(1), as FS_IOC_GETFLAGS has them. */
  private int flags() throws ErrnoException {
    Scratch scratch = Scratch.get();
    ioctl(Native.FS_IOC_GETFLAGS(), scratch.data, "ask for the flags of", shown::toString);
    // The kernel fills in an int, whatever the request's number says.
    return scratch.data.get(ValueLayout.JAVA_INT, 0);
  }

  /**
   * Locks this file or directory for us alone, without waiting: flock(2). The kernel lifts the lock
   * when this is closed, or when the process ends in whatever way.
   *
   * @return whether it is ours now; else another process, or another {@code Fd}, has it
   */
  public boolean tryLock() throws ErrnoException {
    Scratch scratch = Scratch.get();
    int result = LibC.flock(scratch.state, number(), Native.LOCK_EX() | Native.LOCK_NB());
    if (result < 0 && !scratch.errno().equals(Errno.EAGAIN)) {
      throw new ErrnoException("lock", shown.toString(), scratch.errno());
    }
    return result == 0;
  }

  /** The filesystem's magic number, of linux/magic.h, as an unsigned 32-bit value: fstatfs(2). */
  public long filesystemType() throws ErrnoException {
    return statfs.f_type(filesystem()) & 0xffff_ffffL;
  }

  /** Bytes of the units in which this file's filesystem keeps data: fstatfs(2). */
  public long filesystemBlockBytes() throws ErrnoException {
    return statfs.f_bsize(filesystem());
  }

  /** How much room is left on this file's filesystem: fstatfs(2). */
  public FilesystemSpace filesystemSpace() throws ErrnoException {
    MemorySegment filesystem = filesystem();
    long blockBytes = statfs.f_frsize(filesystem);
    return new FilesystemSpace(
        statfs.f_bavail(filesystem) * blockBytes, statfs.f_blocks(filesystem) * blockBytes);
  }

  /** A struct statfs, valid until the next call. */
  private MemorySegment filesystem() throws ErrnoException {
    Scratch scratch = Scratch.get();
    int result = LibC.fstatfs(scratch.state, number(), scratch.data);
    if (result < 0) {
      throw new ErrnoException("ask for the filesystem of", shown.toString(), scratch.errno());
    }
    return scratch.data;
  }

  /** Whether nothing can be changed here because the filesystem, or this mount of it, says so. */
  public boolean isOnReadOnlyMount() throws ErrnoException {
    return (statfs.f_flags(filesystem()) & Native.ST_RDONLY()) != 0;
  }

  /**
   * Creates the directory {@code name} in this one, with {@code mode} less the umask; an existing
   * one is an error.
   */
  public void makeDirectoryAt(RawPath name, int mode) throws ErrnoException {
    Scratch scratch = Scratch.get();
    int result = LibC.mkdirat(scratch.state, number(), scratch.path(name), mode);
    if (result < 0) {
      throw new ErrnoException(
          "create the directory", shown.resolve(name).toString(), scratch.errno());
    }
  }

  /** Removes the empty directory {@code name} from this one. */
  public void removeDirectoryAt(RawPath name) throws ErrnoException {
    Scratch scratch = Scratch.get();
    int result = LibC.unlinkat(scratch.state, number(), scratch.path(name), Native.AT_REMOVEDIR());
    if (result < 0) {
      throw new ErrnoException(
          "remove the directory", shown.resolve(name).toString(), scratch.errno());
    }
  }

  /**
   * ioctl(2) with a structure that is read, written or both.
   *
   * @param operation what is done, on {@code subject}: for a message, whose text is only made if it
   *     fails
   * @return what the request returns, not negative; most return 0
   */
  public int ioctl(long request, MemorySegment argument, String operation, Supplier<String> subject)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    int result = LibC.ioctl(scratch.state, number(), request, argument);
    if (result < 0) {
      throw new ErrnoException(operation, subject.get(), scratch.errno());
    }
    return result;
  }

  /**
   * Lets this file have the blocks of a range of another one, on the same filesystem, instead of a
   * copy: FICLONERANGE of ioctl_ficlonerange(2). Offsets are multiples of the filesystem's blocks,
   * and so is the length, unless both files end there.
   *
   * @param source open for reading
   * @param from where in the source
   * @param length in bytes, at least 1
   * @param at where in this file; which grows if need be
   */
  public void share(Fd source, long from, long length, long at) throws ErrnoException {
    MemorySegment range = Scratch.get().data;
    file_clone_range.src_fd(range, source.number());
    file_clone_range.src_offset(range, from);
    file_clone_range.src_length(range, length);
    file_clone_range.dest_offset(range, at);
    ioctl(Native.FICLONERANGE(), range, "share blocks with", () -> source + " at byte " + from);
  }

  private static byte[] bytes(MemorySegment from, long offset, long length) {
    byte[] bytes = new byte[Math.toIntExact(length)];
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, bytes, 0, bytes.length);
    return bytes;
  }

  /** Closes it; closing twice is allowed and does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    OPEN.decrementAndGet();
    // close(2): the descriptor is gone whatever is returned, and we never write through one.
    var _ = LibC.close(Scratch.get().state, number);
  }

  @Override
  public String toString() {
    return shown.toString();
  }
}
