package io.plasmabackup.archive;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.walk.Content;
import io.plasmabackup.walk.OpenContent;
import io.plasmabackup.walk.VanishedException;
import org.jspecify.annotations.Nullable;

/**
 * A member whose data is in several segments: opened by whoever packs the first of them, so that
 * all are of one file, and closed when all are packed. Used by several threads.
 */
final class LargeMember implements AutoCloseable {

  private final Content content;
  private long left;
  private boolean gone;
  private @Nullable OpenContent open;

  /**
   * @param length bytes of data in all
   */
  LargeMember(Content content, long length) {
    this.content = content;
    this.left = length;
  }

  /**
   * The data; null if it was gone when it was to be opened.
   *
   * @throws VanishedException to the first one only
   */
  synchronized @Nullable OpenContent open() throws ErrnoException, VanishedException {
    if (open == null && !gone) {
      try {
        open = content.open();
      } catch (VanishedException e) {
        gone = true;
        throw e;
      }
    }
    return open;
  }

  /** Notes that so many bytes more are packed, and whether these were the last. */
  synchronized boolean isCompleteWith(int bytes) {
    left -= bytes;
    return left == 0;
  }

  @Override
  public synchronized void close() {
    if (open != null) {
      open.close();
    }
  }
}
