package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.timespec;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.Timestamp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Makes names in directories, and sets what {@link Fd#status} and {@link Fd#attributes} tell.
 * Follows no link: a name is one component, and what it stands for is the link itself if it is one.
 */
public final class Changes {

  /** File types of mknod(2) that can be made without a descriptor. */
  public enum Node {
    CHARACTER(Native.S_IFCHR()),
    BLOCK(Native.S_IFBLK()),
    FIFO(Native.S_IFIFO());

    private final int mode;

    Node(int mode) {
      this.mode = mode;
    }
  }

  /** XATTR_SIZE_MAX of linux/limits.h. */
  private static final int ATTRIBUTE_BYTES = 64 * 1024;

  private Changes() {}

  // Names

  /** Makes a symbolic link, whatever {@code target} may be. */
  public static void symlink(RawPath target, Fd directory, RawPath name) throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.symlinkat(
            scratch.state, scratch.secondPath(target), directory.number(), scratch.path(name)),
        "make the symbolic link",
        directory,
        name);
  }

  /**
   * Makes a device or a fifo that nobody but root may use: mknod(2).
   *
   * @param number ignored for a fifo
   * @throws ErrnoException also without CAP_MKNOD (EPERM), for devices
   */
  public static void node(Node kind, DeviceNumber number, Fd directory, RawPath name)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.mknodat(
            scratch.state, directory.number(), scratch.path(name), kind.mode, deviceNumber(number)),
        "make the node",
        directory,
        name);
  }

  /** As makedev(3) packs it. */
  private static long deviceNumber(DeviceNumber number) {
    long major = number.major() & 0xffff_ffffL;
    long minor = number.minor() & 0xffff_ffffL;
    return ((major & 0xfff) << 8)
        | ((major & ~0xfffL) << 32)
        | (minor & 0xff)
        | ((minor & ~0xffL) << 12);
  }

  /** Gives an open file a name, or another one: linkat(2). An existing one is an error. */
  public static void link(Fd file, Fd directory, RawPath name) throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.linkat(
            scratch.state,
            Native.AT_FDCWD(),
            scratch.secondPath(file.descriptorPath()),
            directory.number(),
            scratch.path(name),
            Native.AT_SYMLINK_FOLLOW()),
        "name the new file",
        directory,
        name);
  }

  /** Gives what has a name in a directory another one: linkat(2). An existing one is an error. */
  public static void link(Fd from, RawPath existing, Fd directory, RawPath name)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.linkat(
            scratch.state,
            from.number(),
            scratch.secondPath(existing),
            directory.number(),
            scratch.path(name),
            0),
        "make the hard link",
        directory,
        name);
  }

  /** Renames within a directory; what had the new name is gone, unless it is a directory. */
  public static void rename(Fd directory, RawPath from, RawPath to) throws ErrnoException {
    rename(directory, from, to, 0);
  }

  /** Renames within a directory; an existing name is an error (EEXIST). */
  public static void renameToNew(Fd directory, RawPath from, RawPath to) throws ErrnoException {
    rename(directory, from, to, Native.RENAME_NOREPLACE());
  }

  private static void rename(Fd directory, RawPath from, RawPath to, int flags)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.renameat2(
            scratch.state,
            directory.number(),
            scratch.secondPath(from),
            directory.number(),
            scratch.path(to),
            flags),
        "replace",
        directory,
        to);
  }

  /** Removes a name that isn't a directory's: unlink(2). */
  public static void remove(Fd directory, RawPath name) throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.unlinkat(scratch.state, directory.number(), scratch.path(name), 0),
        "remove",
        directory,
        name);
  }

  // Metadata

  /**
   * Sets owner and group: fchownat(2). The kernel takes away set-uid, set-gid and capabilities with
   * it.
   *
   * @param name in the directory; empty: {@code file} itself
   * @param user, group 0 to 2^32-2
   */
  public static void setOwner(Fd file, RawPath name, long user, long group) throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.fchownat(
            scratch.state,
            file.number(),
            scratch.path(name),
            (int) user,
            (int) group,
            Native.AT_EMPTY_PATH() | Native.AT_SYMLINK_NOFOLLOW()),
        "set the owner of",
        file,
        name);
  }

  /**
   * Sets permissions: fchmod(2).
   *
   * @param permissions 0 to 07777
   */
  public static void setPermissions(Fd file, int permissions) throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.fchmod(scratch.state, file.number(), permissions),
        "set the permissions of",
        file,
        RawPath.EMPTY);
  }

  /**
   * Sets permissions of what is not a symbolic link, for which the kernel knows none: fchmodat(3).
   */
  public static void setPermissions(Fd directory, RawPath name, int permissions)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    done(
        LibC.fchmodat(
            scratch.state,
            directory.number(),
            scratch.path(name),
            permissions,
            Native.AT_SYMLINK_NOFOLLOW()),
        "set the permissions of",
        directory,
        name);
  }

  /**
   * Sets the time of the last modification, and that of the last access to the same: utimensat(2).
   *
   * @param name in the directory; empty: {@code file} itself
   */
  public static void setTime(Fd file, RawPath name, Timestamp time) throws ErrnoException {
    Scratch scratch = Scratch.get();
    MemorySegment times = scratch.data;
    for (int i = 0; i < 2; i++) {
      MemorySegment one = times.asSlice(i * timespec.sizeof(), timespec.sizeof());
      timespec.tv_sec(one, time.seconds());
      timespec.tv_nsec(one, time.nanos());
    }
    done(
        LibC.utimensat(
            scratch.state,
            file.number(),
            scratch.path(name),
            times,
            Native.AT_EMPTY_PATH() | Native.AT_SYMLINK_NOFOLLOW()),
        "set the time of",
        file,
        name);
  }

  /**
   * Sets an extended attribute: setxattr(2).
   *
   * @param name in the directory; empty: {@code file} itself
   * @param value of 64 KiB at most
   */
  public static void setAttribute(Fd file, RawPath name, RawPath attribute, byte[] value)
      throws ErrnoException {
    Scratch scratch = Scratch.get();
    if (value.length > ATTRIBUTE_BYTES) {
      throw new ErrnoException("set an attribute of", shown(file, name), Errno.ERANGE);
    }
    MemorySegment.copy(value, 0, scratch.data, ValueLayout.JAVA_BYTE, 0, value.length);
    MemorySegment key = scratch.secondPath(attribute);
    int result =
        name.isEmpty()
            ? LibC.fsetxattr(
                scratch.state, file.number(), key, scratch.data, (long) value.length, 0)
            : LibC.lsetxattr(
                scratch.state,
                // There is no setxattrat(2) before Linux 6.13.
                scratch.path(file.descriptorPath().resolve(name)),
                key,
                scratch.data,
                (long) value.length,
                0);
    done(result, "set the attribute " + attribute + " of", file, name);
  }

  private static void done(int result, String operation, Fd directory, RawPath name)
      throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(operation, shown(directory, name), Scratch.get().errno());
    }
  }

  private static String shown(Fd directory, RawPath name) {
    return directory.shownPath().resolve(name).toString();
  }
}
