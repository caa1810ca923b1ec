package io.plasmabackup.tar;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The bytes of a tar, counted. */
final class Source {

  private static final int BUFFER = 64 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private int next;
  private int filled;

  /** Where in the tar {@code buffer} starts. */
  private long start;

  /**
   * Reads from a stream.
   *
   * @param start where in the tar it begins
   */
  Source(InputStream in, long start) {
    this.in = in;
    this.start = start;
  }

  /** Where in the tar the next byte is. */
  long position() {
    return start + next;
  }

  /**
   * Reads some bytes, at least one.
   *
   * @return how many; -1 at the end
   */
  int some(byte[] into, int offset, int length) throws IOException {
    if (next == filled) {
      if (length >= BUFFER) {
        int count = in.read(into, offset, length);
        start += next + Math.max(count, 0);
        next = 0;
        filled = 0;
        return count;
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, filled - next);
    System.arraycopy(buffer, next, into, offset, count);
    next += count;
    return count;
  }

  private boolean fill() throws IOException {
    start += next;
    next = 0;
    filled = 0;
    int count = in.read(buffer, 0, BUFFER);
    filled = Math.max(count, 0);
    return count > 0;
  }

  /**
   * Reads all of them.
   *
   * @return false if the end came before the first
   * @throws EOFException if it came in the middle
   */
  boolean all(byte[] into, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = some(into, done, length - done);
      if (count < 0) {
        if (done == 0) {
          return false;
        }
        throw cut();
      }
      done += count;
    }
    return true;
  }

  /** Passes over bytes. */
  void skip(long length) throws IOException {
    long rest = length;
    while (rest > 0) {
      if (next == filled && rest >= BUFFER) {
        long skipped = in.skip(rest);
        start += next + skipped;
        next = 0;
        filled = 0;
        rest -= skipped;
        if (skipped > 0) {
          continue;
        }
      }
      if (next == filled && !fill()) {
        throw cut();
      }
      int count = (int) Math.min(rest, filled - next);
      next += count;
      rest -= count;
    }
  }

  EOFException cut() {
    return new EOFException("it ends at byte " + position() + ", in the middle of a member");
  }
}
