package io.plasmabackup.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Segments of a tar that isn't compressed: all have the same length, but for the last one. */
final class PlainSegments extends SegmentedTar {

  private static final int SEGMENT = 4 << 20;

  PlainSegments(InputStream archive) {
    super(archive);
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int wanted = (int) Math.min(length, SEGMENT - length());
    int count = readStored(into, offset, wanted);
    if (count > 0) {
      passed(ByteBuffer.wrap(into, offset, count), count);
      if (length() == SEGMENT) {
        cut(position(), 0);
      }
    }
    return count;
  }
}
