package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_dir_item;
import io.plasmabackup.bindings.btrfs_file_extent_item;
import io.plasmabackup.bindings.btrfs_inode_item;
import io.plasmabackup.bindings.btrfs_timespec;
import io.plasmabackup.btrfs.Inode.Run;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts the items of one inode together. What is out of the ordinary, or too much to be kept, it
 * leaves to the system calls: then there is no {@link Inode}.
 */
final class InodeItems {

  // Items are unaligned.
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  // BTRFS_INODE_* of linux/btrfs_tree.h, where they are since Linux 6.2: bits of an inode's flags.
  private static final long NO_DATA_COPY_ON_WRITE = 1L << 1;
  private static final long IMMUTABLE = 1L << 6;
  private static final long APPEND_ONLY = 1L << 7;
  private static final long NO_DUMP = 1L << 8;

  /** Where a struct btrfs_file_extent_item ends for data that follows inline. */
  private static final long INLINE_DATA = btrfs_file_extent_item.disk_bytenr$offset();

  /** The kernel takes no more of a mode than its 16 bits. */
  private static final int MODE_MASK = 0xffff;

  private static final int MINOR_BITS = 20;
  private static final int MINOR_MASK = (1 << MINOR_BITS) - 1;

  /** More aren't kept: so many runs of data, and so many bytes of attributes. */
  private static final int MAX_RUNS = 32;

  private static final int MAX_ATTRIBUTE_BYTES = 4096;

  /** Most pieces of a file that are looked at here. */
  private static final int MAX_EXTENTS = 4096;

  private static final RawPath CAPABILITY = RawPath.of("security.capability");

  /** Of a struct vfs_cap_data, linux/capability.h: without the owner of a namespace. */
  private static final int CAPABILITY_V2_BYTES = 20;

  private final FileStatus root;
  private final int sectorBytes;
  private final long number;
  private final boolean keepsInline;

  private @Nullable FileStatus status;
  private boolean noCopyOnWrite;
  private long transaction;
  private @Nullable Map<RawPath, byte[]> attributes;
  private int attributeBytes;
  private @Nullable List<Run> runs;
  private long runStart;
  private long runEnd;
  private int extents;
  private RawPath target = RawPath.EMPTY;
  private @Nullable InlineData inline;
  private boolean unusual;

  /**
   * Begins without any item.
   *
   * @param root status of any file of the subvolume: what they have in common is taken from it
   * @param keepsInline whether there is memory for a small file's data
   */
  InodeItems(FileStatus root, int sectorBytes, long number, boolean keepsInline) {
    this.root = root;
    this.sectorBytes = sectorBytes;
    this.number = number;
    this.keepsInline = keepsInline;
  }

  /** Whether nothing that may follow matters: there will be no {@link Inode}. */
  boolean isUnusual() {
    return unusual;
  }

  /** Takes in the next item, in the order of their keys, of whatever type. */
  void add(int type, long offset, MemorySegment data, long at, long length) {
    if (unusual) {
      return;
    }
    if (type == Native.BTRFS_INODE_ITEM_KEY()) {
      unusual = status != null || offset != 0 || length < btrfs_inode_item.sizeof();
      if (!unusual) {
        inode(data, at);
      }
    } else if (type == Native.BTRFS_XATTR_ITEM_KEY()) {
      unusual = !attributes(data, at, at + length);
    } else if (type == Native.BTRFS_EXTENT_DATA_KEY()) {
      unusual = !extent(offset, data, at, length);
    }
  }

  private void inode(MemorySegment data, long at) {
    long flags = data.get(LONG, at + btrfs_inode_item.flags$offset());
    long device = data.get(LONG, at + btrfs_inode_item.rdev$offset());
    long bytes = data.get(LONG, at + btrfs_inode_item.nbytes$offset());
    transaction = data.get(LONG, at + btrfs_inode_item.transid$offset());
    noCopyOnWrite = (flags & NO_DATA_COPY_ON_WRITE) != 0;
    status =
        new FileStatus(
            new FileId(root.id().device(), number),
            data.get(INT, at + btrfs_inode_item.mode$offset()) & MODE_MASK,
            data.get(INT, at + btrfs_inode_item.nlink$offset()),
            Integer.toUnsignedLong(data.get(INT, at + btrfs_inode_item.uid$offset())),
            Integer.toUnsignedLong(data.get(INT, at + btrfs_inode_item.gid$offset())),
            data.get(LONG, at + btrfs_inode_item.size$offset()),
            roundUp(bytes) / FileStatus.BLOCK_BYTES,
            time(data, at + btrfs_inode_item.mtime$offset()),
            time(data, at + btrfs_inode_item.ctime$offset()),
            new DeviceNumber((int) (device >>> MINOR_BITS), (int) device & MINOR_MASK),
            root.mount(),
            ((flags & IMMUTABLE) != 0 ? Native.STATX_ATTR_IMMUTABLE() : 0L)
                | ((flags & APPEND_ONLY) != 0 ? Native.STATX_ATTR_APPEND() : 0L)
                | ((flags & NO_DUMP) != 0 ? Native.STATX_ATTR_NODUMP() : 0L));
    unusual = status.size() < 0 || !status.hasType();
  }

  private static Timestamp time(MemorySegment data, long at) {
    return new Timestamp(
        data.get(LONG, at + btrfs_timespec.sec$offset()),
        data.get(INT, at + btrfs_timespec.nsec$offset()));
  }

  /**
   * Reads as many struct btrfs_dir_item as there are, each with a name and a value behind it: those
   * whose names have the same hash share an item.
   */
  private boolean attributes(MemorySegment data, long from, long end) {
    long at = from;
    while (at < end) {
      if (end - at < btrfs_dir_item.sizeof()) {
        return false;
      }
      int nameBytes = Short.toUnsignedInt(data.get(SHORT, at + btrfs_dir_item.name_len$offset()));
      int valueBytes = Short.toUnsignedInt(data.get(SHORT, at + btrfs_dir_item.data_len$offset()));
      at += btrfs_dir_item.sizeof();
      attributeBytes += nameBytes + valueBytes;
      if (nameBytes + valueBytes > end - at || attributeBytes > MAX_ATTRIBUTE_BYTES) {
        return false;
      }
      byte[] name = bytes(data, at, nameBytes);
      if (!isName(name)) {
        return false;
      }
      RawPath key = RawPath.copyOf(name);
      if (key.equals(CAPABILITY) && valueBytes != CAPABILITY_V2_BYTES) {
        // What it looks like depends on who asks: cap_inode_getsecurity() of the kernel.
        return false;
      }
      if (attributes == null) {
        attributes = new TreeMap<>();
      }
      attributes.put(key, bytes(data, at + nameBytes, valueBytes));
      at += nameBytes + valueBytes;
    }
    return true;
  }

  private static boolean isName(byte[] name) {
    for (byte b : name) {
      if (b == 0) {
        return false;
      }
    }
    return name.length > 0;
  }

  private boolean extent(long offset, MemorySegment data, long at, long length) {
    if (status == null || length < INLINE_DATA || ++extents > MAX_EXTENTS) {
      return false;
    }
    int type = data.get(ValueLayout.JAVA_BYTE, at + btrfs_file_extent_item.type$offset());
    if (status.type() == FileStatus.Type.SYMBOLIC_LINK) {
      return target(type, offset, data, at, length);
    }
    if (type == Native.BTRFS_FILE_EXTENT_INLINE()) {
      long bytes = data.get(LONG, at + btrfs_file_extent_item.ram_bytes$offset());
      inline = inline(offset, bytes, data, at, length);
      return run(offset, roundUp(bytes));
    }
    if (length < btrfs_file_extent_item.sizeof()) {
      return false;
    }
    if (type == Native.BTRFS_FILE_EXTENT_REG()) {
      boolean hole = data.get(LONG, at + btrfs_file_extent_item.disk_bytenr$offset()) == 0;
      long bytes = data.get(LONG, at + btrfs_file_extent_item.num_bytes$offset());
      return hole || run(offset, bytes);
    }
    return type == Native.BTRFS_FILE_EXTENT_PREALLOC();
  }

  /** The data, if it is all of the file's and we can tell what it is; else it is read. */
  private @Nullable InlineData inline(
      long offset, long bytes, MemorySegment data, long at, long length) {
    int stored = (int) length - (int) INLINE_DATA;
    byte compression =
        data.get(ValueLayout.JAVA_BYTE, at + btrfs_file_extent_item.compression$offset());
    boolean plain = compression == FileExtents.UNCOMPRESSED && stored == bytes;
    if (!keepsInline
        || status == null
        || offset != 0
        || bytes != status.size()
        || bytes > sectorBytes
        || stored <= 0
        || (!plain && compression != FileExtents.ZSTD)
        || FileExtents.isEncoded(data.asSlice(at, length))) {
      return null;
    }
    return new InlineData(bytes(data, at + INLINE_DATA, stored), !plain, (int) bytes);
  }

  /** A link's target is one piece of inline data that isn't compressed. */
  private boolean target(int type, long offset, MemorySegment data, long at, long length) {
    byte[] bytes = bytes(data, at + INLINE_DATA, length - INLINE_DATA);
    byte compression =
        data.get(ValueLayout.JAVA_BYTE, at + btrfs_file_extent_item.compression$offset());
    if (type != Native.BTRFS_FILE_EXTENT_INLINE()
        || offset != 0
        || compression != FileExtents.UNCOMPRESSED
        || status == null
        || bytes.length != status.size()
        || !isName(bytes)) {
      return false;
    }
    target = RawPath.copyOf(bytes);
    return true;
  }

  /** Goes on with data, up to the file's end: what lies behind it is nobody's. */
  private boolean run(long offset, long length) {
    long size = status == null ? 0 : status.size();
    if (offset < runEnd || length <= 0 || length > Long.MAX_VALUE - offset) {
      return false;
    }
    if (offset >= size) {
      return true;
    }
    if (offset > runEnd) {
      if (!endRun()) {
        return false;
      }
      runStart = offset;
    }
    runEnd = Math.min(offset + length, size);
    return true;
  }

  private boolean endRun() {
    if (runEnd > runStart) {
      if (runs == null) {
        runs = new ArrayList<>(1);
      }
      runs.add(new Run(runStart, runEnd - runStart));
    }
    return runs == null || runs.size() <= MAX_RUNS;
  }

  /** What they make together; null where the system calls are to be asked. */
  @Nullable Inode toInode() {
    if (unusual || status == null) {
      return null;
    }
    boolean link = status.type() == FileStatus.Type.SYMBOLIC_LINK;
    if (link == target.isEmpty() || !endRun()) {
      return null;
    }
    return new Inode(
        status,
        noCopyOnWrite,
        attributes == null ? Map.of() : attributes,
        runs == null ? List.of() : runs,
        target,
        transaction,
        extents == 1 ? inline : null);
  }

  private long roundUp(long bytes) {
    return Math.ceilDiv(bytes, sectorBytes) * sectorBytes;
  }

  private static byte[] bytes(MemorySegment data, long at, long length) {
    byte[] bytes = new byte[(int) length];
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, bytes, 0, bytes.length);
    return bytes;
  }
}
