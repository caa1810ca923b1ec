package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_file_extent_item;
import io.plasmabackup.bindings.btrfs_ioctl_encoded_io_args;
import io.plasmabackup.bindings.iovec;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A range of a file that btrfs keeps as one zstd frame of just these bytes.
 *
 * @param position in the file, bytes
 * @param length of the file's bytes in it: 1 to {@link #MAX_LENGTH}
 */
public record ZstdExtent(long position, int length) {

  /** Of a compressed extent, before and after compression: BTRFS_MAX_COMPRESSED of the kernel. */
  public static final int MAX_LENGTH = 128 * 1024;

  /** Cleared for good when the kernel doesn't know encoded reads: before Linux 5.18. */
  private static volatile boolean readable = true;

  /**
   * Finds those that lie within a range of a file as a whole. It is found in the subvolume's tree,
   * which needs CAP_SYS_ADMIN: none are found without.
   *
   * @param file on btrfs, open for reading, of which nothing has been written since the last commit
   * @param inode its number
   * @param size of the file, bytes
   * @return in ascending order
   */
  public static List<ZstdExtent> within(Fd file, long inode, long size, long position, int length)
      throws ErrnoException {
    List<ZstdExtent> found = new ArrayList<>();
    if (!readable) {
      return found;
    }
    long end = position + length;
    try {
      TreeSearch.items(
          file,
          TreeSearch.OWN_TREE,
          inode,
          Native.BTRFS_EXTENT_DATA_KEY(),
          position,
          end - 1,
          (offset, item) -> addTo(found, offset, item, position, end, size));
    } catch (ErrnoException e) {
      if (!e.is(Errno.EPERM)) {
        throw e;
      }
    }
    return found;
  }

  /**
   * Adds what an item tells of, if that lies in a range as a whole.
   *
   * @param found in ascending order, and none overlaps another, whatever the disk says
   * @param offset the third part of the item's key: where in the file the extent begins
   * @param from where the range begins
   * @param to where it ends
   * @param size of the file
   */
  static void addTo(
      List<ZstdExtent> found, long offset, MemorySegment item, long from, long to, long size)
      throws MalformedItemException {
    long free = found.isEmpty() ? from : found.getLast().position + found.getLast().length;
    if (offset < free || !isWholeFrame(item)) {
      return;
    }
    // The last one covers the file's last sector, of which the file may have a part only.
    long last = Math.min(offset + btrfs_file_extent_item.num_bytes(item), size);
    if (last <= to && last - offset > 0 && last - offset <= MAX_LENGTH) {
      found.add(new ZstdExtent(offset, (int) (last - offset)));
    }
  }

  /** What of linux/btrfs_tree.h says that a file has all of an extent, and zstd made it. */
  private static boolean isWholeFrame(MemorySegment item) throws MalformedItemException {
    // An inline extent is a shorter item.
    if (item.byteSize() < btrfs_file_extent_item.sizeof()) {
      return false;
    }
    return btrfs_file_extent_item.type(item) == Native.BTRFS_FILE_EXTENT_REG()
        && btrfs_file_extent_item.compression(item) == FileExtents.ZSTD
        && !FileExtents.isEncoded(item)
        && btrfs_file_extent_item.disk_bytenr(item) != 0
        && btrfs_file_extent_item.offset(item) == 0
        && btrfs_file_extent_item.num_bytes(item) == btrfs_file_extent_item.ram_bytes(item);
  }

  /**
   * Reads the frame as it is on disk: BTRFS_IOC_ENCODED_READ (Linux 5.18). The kernel compares it
   * with its checksums. Needs CAP_SYS_ADMIN.
   *
   * @param into direct, with room for {@link #MAX_LENGTH}; its position is moved on past the frame
   *     and the zeros that fill its last sector
   * @return false if what is there isn't one frame of just these bytes; what is in the buffer then
   *     means nothing
   * @throws ErrnoException also (EIO) if the checksums differ
   */
  public boolean read(Fd file, ByteBuffer into) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = MemorySegment.ofBuffer(into);
      MemorySegment vector = iovec.allocate(arena);
      iovec.iov_base(vector, target);
      iovec.iov_len(vector, target.byteSize());
      MemorySegment args = btrfs_ioctl_encoded_io_args.allocate(arena);
      btrfs_ioctl_encoded_io_args.iov(args, vector);
      btrfs_ioctl_encoded_io_args.iovcnt(args, 1);
      btrfs_ioctl_encoded_io_args.offset(args, position);
      int read =
          file.ioctl(
              Native.BTRFS_IOC_ENCODED_READ(), args, "read", () -> file + " at byte " + position);
      into.position(into.position() + read);
      return btrfs_ioctl_encoded_io_args.compression(args)
              == Native.BTRFS_ENCODED_IO_COMPRESSION_ZSTD()
          && btrfs_ioctl_encoded_io_args.encryption(args) == 0
          && btrfs_ioctl_encoded_io_args.unencoded_offset(args) == 0
          && btrfs_ioctl_encoded_io_args.len(args) == length;
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOTTY)) {
        throw e;
      }
      readable = false;
      return false;
    }
  }
}
