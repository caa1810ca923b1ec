package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_ioctl_search_args_v2;
import io.plasmabackup.bindings.btrfs_ioctl_search_header;
import io.plasmabackup.bindings.btrfs_ioctl_search_key;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.MountTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads many inodes of a read-only subvolume at once, as its tree has them: one
 * BTRFS_IOC_TREE_SEARCH_V2 where each file would cost seven system calls. Needs CAP_SYS_ADMIN. Used
 * by one thread at a time.
 */
public final class InodeReader {

  private static final int BUFFER_BYTES = 256 * 1024;

  /** An item is never longer than a node of the tree, which has at most that many bytes. */
  private static final int LARGEST_ITEM = 64 * 1024;

  /** So many inodes that nobody asked for are rather read than jumped over by a further search. */
  private static final int SMALL_GAP = 4;

  /** Of small files' data, for one call: what is in memory ahead of a walk is to be bounded. */
  private static final int MAX_INLINE_BYTES = 512 * 1024;

  private static final String OPERATION = "read inodes of the subvolume of";
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  private final Fd file;
  private final FileStatus root;
  private final int sectorBytes;
  private final MemorySegment args;
  private final MemorySegment key;
  private final MemorySegment items;

  private int inlineBytes;

  // Where the next search begins.
  private long object;
  private int type;
  private long offset;

  private InodeReader(Fd file, FileStatus root, int sectorBytes) {
    this.file = file;
    this.root = root;
    this.sectorBytes = sectorBytes;
    long itemsAt = btrfs_ioctl_search_args_v2.sizeof();
    args = Arena.ofAuto().allocate(itemsAt + BUFFER_BYTES, Long.BYTES);
    key = btrfs_ioctl_search_args_v2.key(args);
    items = args.asSlice(itemsAt);
  }

  /**
   * A reader for the subvolume that {@code file} is in; empty where only the system calls tell what
   * is there: on another filesystem, in a subvolume that can be written to, without the privilege,
   * or on a mount that maps ids.
   *
   * @param file stays open as long as this is used
   */
  public static Optional<InodeReader> of(Fd file, MountTable mounts) throws ErrnoException {
    FileStatus status = file.status();
    if (!Subvolumes.isOnBtrfs(file)
        || !mounts.showsTrueOwners(status.mount())
        || !Subvolumes.info(file).readOnly()) {
      return Optional.empty();
    }
    InodeReader reader =
        new InodeReader(file, status, Math.toIntExact(file.filesystemBlockBytes()));
    try {
      // Whether the kernel lets us look for what isn't there.
      reader.read(new long[] {0});
      return Optional.of(reader);
    } catch (ErrnoException e) {
      if (e.is(Errno.EPERM) || e.is(Errno.EACCES) || e.is(Errno.ENOTTY)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Another one for the same subvolume, for another thread. */
  public InodeReader another() {
    return new InodeReader(file, root, sectorBytes);
  }

  /**
   * Looks up inodes.
   *
   * @param numbers in ascending order, of files of any type but directories, which may have far too
   *     many items; the data of the first small ones comes with them
   * @return one for each number; null where the system calls are to be asked: the file is out of
   *     the ordinary, is damaged, or isn't there
   */
  public @Nullable Inode[] read(long[] numbers) throws ErrnoException {
    @Nullable Inode[] found = new Inode[numbers.length];
    inlineBytes = 0;
    int from = 0;
    while (from < numbers.length) {
      int to = from + 1;
      while (to < numbers.length && numbers[to] - numbers[to - 1] <= SMALL_GAP) {
        to++;
      }
      readRun(numbers, from, to, found);
      from = to;
    }
    return found;
  }

  private void readRun(long[] numbers, int from, int to, @Nullable Inode[] found)
      throws ErrnoException {
    int at = from;
    @Nullable InodeItems current = null;
    object = numbers[from];
    type = 0;
    offset = 0;
    while (true) {
      int count = search(numbers[to - 1]);
      long position = 0;
      for (int i = 0; i < count; i++) {
        if (items.byteSize() - position < btrfs_ioctl_search_header.sizeof()) {
          throw malformed();
        }
        object = items.get(LONG, position + btrfs_ioctl_search_header.objectid$offset());
        type = items.get(INT, position + btrfs_ioctl_search_header.type$offset());
        offset = items.get(LONG, position + btrfs_ioctl_search_header.offset$offset());
        long length =
            Integer.toUnsignedLong(
                items.get(INT, position + btrfs_ioctl_search_header.len$offset()));
        position += btrfs_ioctl_search_header.sizeof();
        if (length > items.byteSize() - position) {
          throw malformed();
        }
        while (at < to && numbers[at] < object) {
          found[at++] = inode(current);
          current = null;
        }
        if (at < to && numbers[at] == object) {
          if (current == null) {
            boolean keepsInline = inlineBytes < MAX_INLINE_BYTES;
            current = new InodeItems(root, sectorBytes, object, keepsInline);
          }
          current.add(type, offset, items, position, length);
        }
        position += length;
      }
      boolean all = count == 0 || items.byteSize() - position > LARGEST_ITEM;
      if (!all && (current == null || current.isUnusual())) {
        // Nothing more of what it broke off in, which may be long.
        if (current != null) {
          at++;
          current = null;
        }
        all = at == to;
        if (!all) {
          object = numbers[at];
          type = 0;
          offset = 0;
        }
      } else if (!all) {
        next();
      }
      if (all) {
        if (at < to) {
          found[at] = inode(current);
        }
        return;
      }
    }
  }

  private @Nullable Inode inode(@Nullable InodeItems complete) {
    Inode inode = complete == null ? null : complete.toInode();
    if (inode != null && inode.inline() != null) {
      inlineBytes += inode.inline().stored().length;
    }
    return inode;
  }

  /** The smallest key that is greater. */
  private void next() {
    if (++offset == 0) {
      type++;
    }
  }

  /** Fills the buffer; returns how many items there are. */
  private int search(long last) throws ErrnoException {
    btrfs_ioctl_search_key.min_objectid(key, object);
    btrfs_ioctl_search_key.min_type(key, type);
    btrfs_ioctl_search_key.min_offset(key, offset);
    btrfs_ioctl_search_key.max_objectid(key, last);
    btrfs_ioctl_search_key.max_type(key, Native.BTRFS_EXTENT_DATA_KEY());
    btrfs_ioctl_search_key.max_offset(key, -1L);
    btrfs_ioctl_search_key.max_transid(key, -1L);
    btrfs_ioctl_search_key.nr_items(key, Integer.MAX_VALUE);
    btrfs_ioctl_search_args_v2.buf_size(args, BUFFER_BYTES);
    file.ioctl(Native.BTRFS_IOC_TREE_SEARCH_V2(), args, OPERATION, file::toString);
    return btrfs_ioctl_search_key.nr_items(key);
  }

  private ErrnoException malformed() {
    return new ErrnoException(OPERATION, file.toString(), Errno.EUCLEAN);
  }
}
