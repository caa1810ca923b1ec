package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_ioctl_get_subvol_info_args;
import io.plasmabackup.bindings.btrfs_ioctl_timespec;
import io.plasmabackup.bindings.btrfs_ioctl_vol_args_v2;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;

/**
 * What can be done with subvolumes. Each method is one ioctl; its errors name the operation and the
 * subvolume.
 */
public final class Subvolumes {

  private static final int NANOS_PER_SECOND = 1_000_000_000;

  private Subvolumes() {}

  /** Whether the open file is on btrfs. */
  public static boolean isOnBtrfs(Fd file) throws ErrnoException {
    // The binding's int is negative: magic numbers are unsigned.
    return file.filesystemType() == Integer.toUnsignedLong(Native.BTRFS_SUPER_MAGIC());
  }

  /** Whether a directory on btrfs is the root of a subvolume: only those have this inode number. */
  public static boolean isRoot(FileStatus directory) {
    return directory.isDirectory() && directory.id().inode() == Native.BTRFS_FIRST_FREE_OBJECTID();
  }

  /**
   * Whether a directory on btrfs is what a snapshot has in the place of a subvolume that was nested
   * in its source: an empty directory with an inode number that no other one has.
   */
  public static boolean isPlaceholder(FileStatus directory) {
    return directory.isDirectory()
        && directory.id().inode() == Native.BTRFS_EMPTY_SUBVOL_DIR_OBJECTID();
  }

  /**
   * Asks for the subvolume that {@code file} is in: BTRFS_IOC_GET_SUBVOL_INFO (Linux 4.18; needs no
   * privilege).
   */
  public static SubvolumeInfo info(Fd file) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment args = btrfs_ioctl_get_subvol_info_args.allocate(arena);
      file.ioctl(
          Native.BTRFS_IOC_GET_SUBVOL_INFO(), args, "ask for the subvolume of", file::toString);
      return info(args);
    }
  }

  /** What a reply says, most of which comes from the disk as it is. */
  static SubvolumeInfo info(MemorySegment args) {
    MemorySegment created = btrfs_ioctl_get_subvol_info_args.otime(args);
    return new SubvolumeInfo(
        btrfs_ioctl_get_subvol_info_args.treeid(args),
        uuid(btrfs_ioctl_get_subvol_info_args.uuid(args)),
        uuid(btrfs_ioctl_get_subvol_info_args.parent_uuid(args)),
        btrfs_ioctl_get_subvol_info_args.generation(args),
        btrfs_ioctl_get_subvol_info_args.otransid(args),
        (btrfs_ioctl_get_subvol_info_args.flags(args) & Native.BTRFS_ROOT_SUBVOL_RDONLY()) != 0,
        nearest(btrfs_ioctl_timespec.sec(created), btrfs_ioctl_timespec.nsec(created)));
  }

  /** Any number of seconds can be on a disk, but not in an Instant. */
  private static Instant nearest(long seconds, int nanos) {
    return Instant.ofEpochSecond(
        Math.clamp(seconds, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()),
        Math.clamp(nanos, 0, NANOS_PER_SECOND - 1));
  }

  /**
   * Makes a read-only snapshot of one subvolume: BTRFS_IOC_SNAP_CREATE_V2. It is complete, and on
   * disk, when this returns; nested subvolumes are not part of it.
   *
   * @param source the subvolume's root
   * @param directory where to put it, on the same filesystem
   * @param name of at most 255 bytes; an existing one is an error (EEXIST)
   */
  public static void createReadOnlySnapshot(Fd source, Fd directory, RawPath name)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment args = named(arena, name);
      btrfs_ioctl_vol_args_v2.fd(args, source.number());
      btrfs_ioctl_vol_args_v2.flags(args, Native.BTRFS_SUBVOL_RDONLY());
      directory.ioctl(
          Native.BTRFS_IOC_SNAP_CREATE_V2(),
          args,
          "create the snapshot",
          () -> directory.shownPath().resolve(name) + " of " + source);
    }
  }

  /**
   * Begins to write out what has changed on the filesystem, without waiting for the end of it:
   * BTRFS_IOC_START_SYNC. Until it is through, whoever wants to change anything waits for the next
   * transaction.
   *
   * @param file any open file of the filesystem
   * @return the transaction that is being committed, for {@link #awaitCommit}
   */
  public static long startCommit(Fd file) throws ErrnoException {
    return commit(file, Native.BTRFS_IOC_START_SYNC(), 0);
  }

  /**
   * Waits until a transaction is on disk, and with it all that was done before it was begun to be
   * committed: BTRFS_IOC_WAIT_SYNC.
   *
   * @param file any open file of the filesystem
   * @param transaction as {@link #startCommit} gave it
   */
  public static void awaitCommit(Fd file, long transaction) throws ErrnoException {
    commit(file, Native.BTRFS_IOC_WAIT_SYNC(), transaction);
  }

  private static long commit(Fd file, long request, long transaction) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argument = arena.allocateFrom(ValueLayout.JAVA_LONG, transaction);
      file.ioctl(request, argument, "commit the transaction of the filesystem of", file::toString);
      return argument.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  /**
   * Deletes the subvolume or snapshot {@code name} of a directory: BTRFS_IOC_SNAP_DESTROY_V2 (Linux
   * 5.7). Its name is gone when this returns, but not yet on disk; the kernel frees the space
   * later.
   */
  public static void delete(Fd directory, RawPath name) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      directory.ioctl(
          Native.BTRFS_IOC_SNAP_DESTROY_V2(),
          named(arena, name),
          "delete the snapshot",
          () -> directory.shownPath().resolve(name).toString());
    }
  }

  /**
   * Makes a read-only subvolume writable: BTRFS_IOC_SUBVOL_SETFLAGS.
   *
   * @param root of the subvolume
   */
  public static void makeWritable(Fd root) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      root.ioctl(
          Native.BTRFS_IOC_SUBVOL_SETFLAGS(),
          arena.allocate(ValueLayout.JAVA_LONG),
          "make writable",
          root::toString);
    }
  }

  /** Zeroed arguments with a name: the kernel refuses unknown bits. */
  private static MemorySegment named(Arena arena, RawPath name) {
    if (name.isEmpty()
        || name.length() > Native.BTRFS_SUBVOL_NAME_MAX()
        || !name.parent().isEmpty()) {
      throw new IllegalArgumentException("not a subvolume's name: " + name);
    }
    MemorySegment args = btrfs_ioctl_vol_args_v2.allocate(arena);
    MemorySegment.copy(
        name.toBytes(),
        0,
        btrfs_ioctl_vol_args_v2.name(args),
        ValueLayout.JAVA_BYTE,
        0,
        name.length());
    return args;
  }

  private static UUID uuid(MemorySegment bytes) {
    ByteBuffer buffer = bytes.asSlice(0, Native.BTRFS_UUID_SIZE()).asByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
