package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.btrfs_file_extent_item;
import java.lang.foreign.MemorySegment;

/** What a struct btrfs_file_extent_item says in numbers that no header for user space names. */
final class FileExtents {

  // Of its compression: BTRFS_COMPRESS_* of the kernel's fs/btrfs/fs.h, on disk for ever.
  static final byte UNCOMPRESSED = 0;
  static final byte ZSTD = 3;

  private FileExtents() {}

  /** Whether the data is kept in a way that the kernel has no name for yet. */
  static boolean isEncoded(MemorySegment item) {
    return btrfs_file_extent_item.encryption(item) != 0
        || btrfs_file_extent_item.other_encoding(item) != 0;
  }
}
