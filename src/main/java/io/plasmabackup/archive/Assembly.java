package io.plasmabackup.archive;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.walk.OpenContent;
import java.nio.ByteBuffer;

/**
 * Puts a segment's bytes together, one segment after another, and makes of them what is stored.
 * Positions are those in the segment's tar. What is put comes in ascending order, but filler may be
 * put over what was put before. Used by one thread at a time.
 */
abstract sealed class Assembly implements AutoCloseable permits TarAssembly, ZstdAssembly {

  private static final byte[] ZEROS = new byte[64 * 1024];

  /**
   * Begins a segment.
   *
   * @param stored direct, with room for {@link Packing#BUFFER} bytes; used until {@link #end}
   */
  abstract void begin(ByteBuffer stored);

  /** The segment's tar, to be written to at its positions. */
  abstract ByteBuffer tar();

  /**
   * Puts a range of a file.
   *
   * @return bytes put: less than {@code length} where the file ends before
   */
  abstract int copy(OpenContent content, long position, int at, int length) throws ErrnoException;

  /**
   * Ends the segment; {@code stored} then holds, from 0 to its limit, what is to be stored.
   *
   * @param length of the segment's tar
   */
  abstract void end(int length);

  /** Puts a header, or filler. */
  final void put(int at, byte[] bytes) {
    tar().put(at, bytes);
  }

  final void zero(int from, int to) {
    for (int at = from; at < to; at += ZEROS.length) {
      tar().put(at, ZEROS, 0, Math.min(to - at, ZEROS.length));
    }
  }

  /** As {@link #copy}, of the file's bytes as everybody reads them. */
  final int read(OpenContent content, long position, int at, int length) throws ErrnoException {
    ByteBuffer range = tar().slice(at, length);
    content.read(position, range);
    return range.position();
  }

  @Override
  public abstract void close();
}
