package io.plasmabackup.walk;

import io.plasmabackup.btrfs.Inode;
import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Listing;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What was read in one go of the files that follow each other in a listing. */
final class KnownFiles {

  /** So many names at once: they share the leaves of the tree that are read. */
  private static final int MAX = 512;

  /** Nothing about nothing. */
  static final KnownFiles NONE = new KnownFiles(0, 0, new long[0], new Inode[0]);

  private final int from;
  private final int to;

  /** Of inodes, in ascending order. */
  private final long[] numbers;

  /** Of those numbers; null where nothing is known. */
  private final @Nullable Inode[] inodes;

  private KnownFiles(int from, int to, long[] numbers, @Nullable Inode[] inodes) {
    this.from = from;
    this.to = to;
    this.numbers = numbers;
    this.inodes = inodes;
  }

  /** Reads what it can of the names from {@code from} on. */
  static KnownFiles read(InodeReader reader, Listing names, int from) throws ErrnoException {
    int to = Math.min(names.size(), from + MAX);
    long[] numbers = new long[to - from];
    int count = 0;
    for (int i = from; i < to; i++) {
      if (names.isNoDirectory(i)) {
        numbers[count++] = names.inode(i);
      }
    }
    numbers = Arrays.copyOf(numbers, count);
    Arrays.sort(numbers);
    int distinct = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || numbers[i] != numbers[i - 1]) {
        numbers[distinct++] = numbers[i];
      }
    }
    numbers = Arrays.copyOf(numbers, distinct);
    return new KnownFiles(from, to, numbers, reader.read(numbers));
  }

  /** Whether this is about that place of the listing. */
  boolean covers(int index) {
    return index >= from && index < to;
  }

  @Nullable Inode of(long number) {
    int at = Arrays.binarySearch(numbers, number);
    Inode inode = at < 0 ? null : inodes[at];
    // What the directory says is no directory, and is one, is for the kernel to judge.
    return inode == null || inode.status().isDirectory() ? null : inode;
  }
}
