package io.plasmabackup.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Filler between a compressed segment and the next, so that the next one starts aligned: a frame
 * that every decompressor passes over (RFC 8878, 3.1.2).
 */
final class SkippableFrame {

  private static final int MAGIC = 0x184D2A50;
  private static final int HEADER = 2 * Integer.BYTES;

  private SkippableFrame() {}

  /** Bytes needed at {@code position}, where a segment ended: 0, or at least a frame's header. */
  static int before(long position) {
    int gap = Format.toAlignment(position);
    return gap > 0 && gap < HEADER ? gap + Format.ALIGNMENT : gap;
  }

  /**
   * Makes one, of zeros.
   *
   * @param length with its header; 0 for none
   */
  static byte[] of(int length) {
    if (length == 0) {
      return new byte[0];
    }
    return ByteBuffer.allocate(length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MAGIC)
        .putInt(length - HEADER)
        .array();
  }
}
