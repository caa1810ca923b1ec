package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_ioctl_search_args_v2;
import io.plasmabackup.bindings.btrfs_ioctl_search_header;
import io.plasmabackup.bindings.btrfs_ioctl_search_key;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads items of a filesystem's trees, as they are on disk: BTRFS_IOC_TREE_SEARCH_V2 (Linux 3.16).
 * Needs CAP_SYS_ADMIN. The items are those of linux/btrfs_tree.h; a tree is named by its id,
 * whatever file of the filesystem is open.
 */
final class TreeSearch {

  /** The kernel takes up to 16 MiB; what is looked for here are a few items of some dozen bytes. */
  private static final int BUFFER_BYTES = 64 * 1024;

  private static final long HIGHEST = -1L;

  private TreeSearch() {}

  /** Is handed the items of a search, in the order of their keys. */
  interface Visitor {
    /**
     * Looks at one item.
     *
     * @param offset the third part of the item's key
     * @param data the item, not aligned; dead when this returns
     */
    void item(long offset, MemorySegment data);
  }

  /**
   * Finds all items of one object and one type.
   *
   * @param file any open file of the filesystem
   * @param tree id of the tree: a subvolume's own, or one of those that every filesystem has
   * @param object first part of the key: in a subvolume, an inode's number
   * @param type second part of the key: BTRFS_*_KEY
   */
  static void items(Fd file, long tree, long object, int type, Visitor visitor)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      long bufferAt = btrfs_ioctl_search_args_v2.sizeof();
      MemorySegment args = arena.allocate(bufferAt + BUFFER_BYTES, Long.BYTES);
      MemorySegment key = btrfs_ioctl_search_args_v2.key(args);
      btrfs_ioctl_search_key.tree_id(key, tree);
      btrfs_ioctl_search_key.min_objectid(key, object);
      btrfs_ioctl_search_key.max_objectid(key, object);
      btrfs_ioctl_search_key.min_type(key, type);
      btrfs_ioctl_search_key.max_type(key, type);
      btrfs_ioctl_search_key.max_offset(key, HIGHEST);
      btrfs_ioctl_search_key.max_transid(key, HIGHEST);
      long offset = 0;
      while (true) {
        btrfs_ioctl_search_key.min_offset(key, offset);
        btrfs_ioctl_search_key.nr_items(key, Integer.MAX_VALUE);
        btrfs_ioctl_search_args_v2.buf_size(args, BUFFER_BYTES);
        file.ioctl(
            Native.BTRFS_IOC_TREE_SEARCH_V2(),
            args,
            "search the trees of the filesystem of",
            file::toString);
        int found = btrfs_ioctl_search_key.nr_items(key);
        if (found == 0) {
          return;
        }
        long last = visit(args.asSlice(bufferAt), found, visitor);
        if (last == HIGHEST) {
          return;
        }
        offset = last + 1;
      }
    }
  }

  /** Returns the last item's offset. */
  private static long visit(MemorySegment items, int count, Visitor visitor) {
    long at = 0;
    long offset = 0;
    for (int i = 0; i < count; i++) {
      // Items follow each other without padding.
      offset =
          items.get(
              ValueLayout.JAVA_LONG_UNALIGNED, at + btrfs_ioctl_search_header.offset$offset());
      int length =
          items.get(ValueLayout.JAVA_INT_UNALIGNED, at + btrfs_ioctl_search_header.len$offset());
      at += btrfs_ioctl_search_header.sizeof();
      visitor.item(offset, items.asSlice(at, length));
      at += length;
    }
    return offset;
  }
}
