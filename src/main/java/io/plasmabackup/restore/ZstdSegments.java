package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Segments of a compressed tar. One begins with a zstd frame, from which it can be decompressed
 * without what is before; within a frame only if that goes on and on, as where all is one frame.
 */
final class ZstdSegments extends SegmentedTar {

  private static final int BUFFER = 128 * 1024;

  /** Tar that is decompressed in vain, at most, for what stands at a segment's end. */
  private static final int ENOUGH = 1 << 20;

  /** Longer than any of our own segments gets, so that those are cut at frames only. */
  private static final int TOO_LONG = 16 << 20;

  private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
  private final byte[] read = new byte[BUFFER];
  private final ByteBuffer stored = ByteBuffer.allocateDirect(BUFFER).flip();
  private final ByteBuffer tar = ByteBuffer.allocateDirect(BUFFER).flip();

  private boolean inFrame;

  /** Whether the decompressor may have more, without being given anything. */
  private boolean pending;

  /** Where the current frame starts in the archive, and in the tar. */
  private long frame;

  private long frameInTar;

  ZstdSegments(InputStream archive) {
    super(archive);
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!tar.hasRemaining()) {
      if (!decompress()) {
        return -1;
      }
    }
    int count = Math.min(length, tar.remaining());
    tar.get(into, offset, count);
    return count;
  }

  /** Decompresses some more, perhaps none at all; false at the end. */
  private boolean decompress() throws IOException {
    if (!pending && !stored.hasRemaining() && !fill()) {
      if (inFrame) {
        throw new EOFException("it ends in the middle of the zstd frame at byte " + frame);
      }
      return false;
    }
    if (!inFrame) {
      frame = position();
      frameInTar = tarPosition();
      if (length() >= ENOUGH) {
        cut(frame, 0);
      }
    } else if (length() >= TOO_LONG) {
      cut(frame, tarPosition() - frameInTar);
    }
    int from = stored.position();
    try {
      inFrame = !decompressor.decompressDirectByteBufferStream(tar.clear(), stored);
    } catch (ZstdException e) {
      throw new IOException(
          "the zstd frame at byte %d cannot be decompressed: %s".formatted(frame, e.getMessage()),
          e);
    }
    pending = inFrame && !tar.hasRemaining();
    passed(stored.slice(from, stored.position() - from), tar.flip().remaining());
    return true;
  }

  private boolean fill() throws IOException {
    int count = readStored(read, 0, read.length);
    if (count <= 0) {
      return false;
    }
    stored.clear().put(read, 0, count).flip();
    return true;
  }

  @Override
  public void close() {
    decompressor.close();
    super.close();
  }
}
