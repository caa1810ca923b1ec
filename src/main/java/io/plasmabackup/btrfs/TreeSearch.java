package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_ioctl_search_args_v2;
import io.plasmabackup.bindings.btrfs_ioctl_search_header;
import io.plasmabackup.bindings.btrfs_ioctl_search_key;
import io.plasmabackup.linux.Errno;
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

  /** Stands for the tree of the subvolume that the open file is in. */
  static final long OWN_TREE = 0;

  private static final long HIGHEST = -1L;
  private static final String OPERATION = "search the trees of the filesystem of";

  private TreeSearch() {}

  /** Is handed the items of a search, in the order of their keys. */
  interface Visitor {
    /**
     * Looks at one item.
     *
     * @param offset the third part of the item's key
     * @param data the item, not aligned; dead when this returns
     * @throws MalformedItemException if it makes no sense
     */
    void item(long offset, MemorySegment data) throws MalformedItemException;
  }

  /**
   * Finds all items of one object and one type.
   *
   * @param file any open file of the filesystem
   * @param tree id of the tree: a subvolume's own, or one of those that every filesystem has
   * @param object first part of the key: in a subvolume, an inode's number
   * @param type second part of the key: BTRFS_*_KEY
   * @throws ErrnoException also (EUCLEAN, as from the kernel where it notices itself) if an item
   *     makes no sense: the filesystem is damaged, or was made to do harm
   */
  static void items(Fd file, long tree, long object, int type, Visitor visitor)
      throws ErrnoException {
    items(file, tree, object, type, 0, HIGHEST, visitor);
  }

  /**
   * As {@link #items(Fd, long, long, int, Visitor)}, of a range of the third part of the key, which
   * is unsigned.
   *
   * @param first lowest offset
   * @param last highest offset, not lower
   */
  static void items(
      Fd file, long tree, long object, int type, long first, long last, Visitor visitor)
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
      btrfs_ioctl_search_key.max_offset(key, last);
      btrfs_ioctl_search_key.max_transid(key, HIGHEST);
      long offset = first;
      while (true) {
        btrfs_ioctl_search_key.min_offset(key, offset);
        btrfs_ioctl_search_key.nr_items(key, Integer.MAX_VALUE);
        btrfs_ioctl_search_args_v2.buf_size(args, BUFFER_BYTES);
        file.ioctl(Native.BTRFS_IOC_TREE_SEARCH_V2(), args, OPERATION, file::toString);
        int found = btrfs_ioctl_search_key.nr_items(key);
        if (found == 0) {
          return;
        }
        long reached = visit(args.asSlice(bufferAt), found, offset, visitor);
        if (reached == last) {
          return;
        }
        offset = reached + 1;
      }
    } catch (MalformedItemException damaged) {
      ErrnoException e = new ErrnoException(OPERATION, file.toString(), Errno.EUCLEAN);
      e.initCause(damaged);
      throw e;
    }
  }

  /**
   * Takes a buffer apart.
   *
   * @param items as the kernel has filled it in
   * @param count of items in it, unsigned
   * @param from no item's offset is lower than this, unsigned
   * @return the last item's offset
   * @throws MalformedItemException if the visitor throws it, or what is there isn't so many items
   *     in the order of their offsets
   */
  static long visit(MemorySegment items, int count, long from, Visitor visitor)
      throws MalformedItemException {
    long at = 0;
    long offset = from;
    for (int i = 0; i != count; i++) {
      // Items follow each other without padding.
      MemorySegment header = slice(items, at, btrfs_ioctl_search_header.sizeof());
      at += header.byteSize();
      long next =
          header.get(ValueLayout.JAVA_LONG_UNALIGNED, btrfs_ioctl_search_header.offset$offset());
      if (Long.compareUnsigned(next, offset) < 0) {
        throw new MalformedItemException("an item of " + next + " after one of " + offset);
      }
      offset = next;
      long length =
          Integer.toUnsignedLong(
              header.get(ValueLayout.JAVA_INT_UNALIGNED, btrfs_ioctl_search_header.len$offset()));
      visitor.item(offset, slice(items, at, length));
      at += length;
    }
    return offset;
  }

  /** Part of what the kernel has handed out, if it has. */
  static MemorySegment slice(MemorySegment whole, long from, long length)
      throws MalformedItemException {
    if (from > whole.byteSize() || length > whole.byteSize() - from) {
      throw new MalformedItemException(length + " bytes at " + from + " of " + whole.byteSize());
    }
    return whole.asSlice(from, length);
  }
}
