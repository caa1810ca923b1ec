package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.store.StoredBytes;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stored file from some place on, for somebody who may want little of it: asks for a little
 * first, then for more, and reads ahead only when much was taken.
 */
final class SparingStream extends InputStream {

  private static final int FIRST = 64 * 1024;
  private static final int MOST = 512 * 1024;

  /** Whoever took so much takes more. */
  private static final int ENOUGH = 4 << 20;

  private final StoredBytes file;
  private byte[] chunk = new byte[FIRST];
  private int next;
  private int filled;

  /** Where in the file {@code chunk} ends. */
  private long position;

  private int taken;
  private @Nullable InputStream ahead;

  SparingStream(StoredBytes file, long position) {
    this.file = file;
    this.position = position;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (next == filled) {
      if (taken >= ENOUGH) {
        if (ahead == null) {
          ahead = file.stream(position);
        }
        return ahead.read(into, offset, length);
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, filled - next);
    System.arraycopy(chunk, next, into, offset, count);
    next += count;
    return count;
  }

  private boolean fill() throws IOException {
    if (taken > 0 && chunk.length < MOST) {
      chunk = new byte[2 * chunk.length];
    }
    next = 0;
    filled = 0;
    long left = file.size() - position;
    if (left <= 0) {
      return false;
    }
    try {
      filled = file.read(position, chunk, 0, (int) Math.min(left, chunk.length));
    } catch (Failure e) {
      throw new IOException(e);
    }
    position += filled;
    taken += filled;
    return filled > 0;
  }
}
