package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.statx;
import io.plasmabackup.bindings.statx_timestamp;
import java.lang.foreign.MemorySegment;

/**
 * What statx(2) tells of a file.
 *
 * @param mode type and permission bits: {@code st_mode} of inode(7)
 * @param links number of hard links
 * @param uid 0 to 2^32-1
 * @param gid 0 to 2^32-1
 * @param size bytes
 * @param blocks allocated units of 512 bytes
 * @param modified mtime
 * @param changed ctime
 * @param device the number that the file itself stands for, if it is a device node
 * @param mount the mount's id, as in /proc/self/mountinfo
 * @param attributes STATX_ATTR_*: immutable, append-only, nodump, …
 */
public record FileStatus(
    FileId id,
    int mode,
    int links,
    long uid,
    long gid,
    long size,
    long blocks,
    Timestamp modified,
    Timestamp changed,
    DeviceNumber device,
    long mount,
    long attributes) {

  /** What {@link #blocks} counts. */
  public static final int BLOCK_BYTES = 512;

  /**
   * Identifies a file on this machine.
   *
   * @param device of the filesystem, on btrfs of the subvolume
   */
  public record FileId(DeviceNumber device, long inode) {}

  /**
   * A time of a file.
   *
   * @param seconds since 1970, negative before
   * @param nanos 0 to 999,999,999
   */
  public record Timestamp(long seconds, int nanos) {}

  public record DeviceNumber(int major, int minor) {
    @Override
    public String toString() {
      return major + ":" + minor;
    }
  }

  /** The S_IFMT part of a mode. */
  public enum Type {
    REGULAR,
    DIRECTORY,
    SYMBOLIC_LINK,
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    SOCKET
  }

  /** Whether the mode says a type that this kernel could have given it. */
  public boolean hasType() {
    int format = mode & Native.S_IFMT();
    return format == Native.S_IFREG()
        || format == Native.S_IFDIR()
        || format == Native.S_IFLNK()
        || format == Native.S_IFCHR()
        || format == Native.S_IFBLK()
        || format == Native.S_IFIFO()
        || format == Native.S_IFSOCK();
  }

  public Type type() {
    int format = mode & Native.S_IFMT();
    if (format == Native.S_IFREG()) {
      return Type.REGULAR;
    } else if (format == Native.S_IFDIR()) {
      return Type.DIRECTORY;
    } else if (format == Native.S_IFLNK()) {
      return Type.SYMBOLIC_LINK;
    } else if (format == Native.S_IFBLK()) {
      return Type.BLOCK_DEVICE;
    } else if (format == Native.S_IFCHR()) {
      return Type.CHARACTER_DEVICE;
    } else if (format == Native.S_IFIFO()) {
      return Type.FIFO;
    } else if (format == Native.S_IFSOCK()) {
      return Type.SOCKET;
    }
    throw new IllegalStateException(
        "a file of an unknown type: mode " + Integer.toOctalString(mode));
  }

  /** Mode without the type: permissions, set-uid, set-gid, sticky; 0 to 07777. */
  public int permissions() {
    return mode & 07777;
  }

  /**
   * Whether both are of one file, as far as can be told: a new file may get the inode number of one
   * that was removed a moment ago, but then at least not for another type.
   */
  public boolean isSameFile(FileStatus other) {
    return id.equals(other.id) && type() == other.type();
  }

  /** Whether size or times are not what they were when {@code before} was asked for. */
  public boolean isChanged(FileStatus before) {
    return size != before.size
        || !modified.equals(before.modified)
        || !changed.equals(before.changed);
  }

  public boolean isDirectory() {
    return type() == Type.DIRECTORY;
  }

  /** This, as if it had been modified and changed when {@code other} was. */
  public FileStatus withTimesOf(FileStatus other) {
    return new FileStatus(
        id,
        mode,
        links,
        uid,
        gid,
        size,
        blocks,
        other.modified,
        other.changed,
        device,
        mount,
        attributes);
  }

  /** Whether it cannot be changed, by root either: {@code chattr +i}. */
  public boolean isImmutable() {
    return (attributes & Native.STATX_ATTR_IMMUTABLE()) != 0;
  }

  /** Whether it can only be appended to: {@code chattr +a}. */
  public boolean isAppendOnly() {
    return (attributes & Native.STATX_ATTR_APPEND()) != 0;
  }

  /** Whether backups are asked to leave it out: {@code chattr +d}. */
  public boolean isNoDump() {
    return (attributes & Native.STATX_ATTR_NODUMP()) != 0;
  }

  /** Reads a struct statx of linux/stat.h. */
  static FileStatus of(MemorySegment from) {
    return new FileStatus(
        new FileId(
            new DeviceNumber(statx.stx_dev_major(from), statx.stx_dev_minor(from)),
            statx.stx_ino(from)),
        Short.toUnsignedInt(statx.stx_mode(from)),
        statx.stx_nlink(from),
        Integer.toUnsignedLong(statx.stx_uid(from)),
        Integer.toUnsignedLong(statx.stx_gid(from)),
        statx.stx_size(from),
        statx.stx_blocks(from),
        timestamp(statx.stx_mtime(from)),
        timestamp(statx.stx_ctime(from)),
        new DeviceNumber(statx.stx_rdev_major(from), statx.stx_rdev_minor(from)),
        statx.stx_mnt_id(from),
        statx.stx_attributes(from));
  }

  private static Timestamp timestamp(MemorySegment time) {
    return new Timestamp(statx_timestamp.tv_sec(time), statx_timestamp.tv_nsec(time));
  }
}
