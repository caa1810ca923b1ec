package io.plasmabackup.archive;

import com.github.luben.zstd.ZstdCompressCtx;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.walk.OpenContent;
import io.plasmabackup.walk.StoredFrame;
import java.nio.ByteBuffer;

/**
 * Stores a segment as zstd frames: those in which the filesystem keeps files, taken over as they
 * are, and between them our own ones, of everything else. Each of ours holds as much as there is
 * between two others.
 */
final class ZstdAssembly extends Assembly {

  private final ByteBuffer tar = ByteBuffer.allocateDirect(Format.MAX_SEGMENT);
  private final ZstdCompressCtx compressor;
  private final int passThroughFrom;
  private ByteBuffer stored = ByteBuffer.allocate(0);

  /** How much of the tar is in frames already. */
  private int framed;

  /** As {@link ZstdContainer}. */
  ZstdAssembly(int level, int passThroughFrom) {
    this.passThroughFrom = passThroughFrom;
    // No checksum: the SHA-256 of a segment is over what is stored.
    compressor = new ZstdCompressCtx().setLevel(level).setChecksum(false).setContentSize(true);
  }

  @Override
  void begin(ByteBuffer stored) {
    this.stored = stored.clear();
    framed = 0;
  }

  @Override
  ByteBuffer tar() {
    return tar;
  }

  @Override
  int copy(OpenContent content, long position, int at, int length) throws ErrnoException {
    int done = 0;
    if (length >= passThroughFrom) {
      for (StoredFrame frame : content.storedFrames(position, length)) {
        int before = (int) (frame.position() - position) - done;
        if (frame.length() >= passThroughFrom) {
          int got = read(content, position + done, at + done, before);
          done += got;
          if (got < before) {
            return done;
          }
          if (passThrough(content, frame, at + done)) {
            done += frame.length();
          }
        }
      }
    }
    return done + read(content, position + done, at + done, length - done);
  }

  /** Takes a frame over, unless it isn't what it was thought to be. */
  private boolean passThrough(OpenContent content, StoredFrame frame, int at)
      throws ErrnoException {
    frame(at);
    int start = stored.position();
    boolean whole =
        content.readStored(frame, stored)
            && ZstdFrame.trim(stored.limit(stored.position()).position(start), frame.length());
    stored.limit(stored.capacity());
    if (whole) {
      framed = at + frame.length();
    } else {
      stored.position(start);
    }
    return whole;
  }

  /** Makes a frame of all before {@code at} that isn't in one yet. */
  private void frame(int at) {
    if (at > framed) {
      int size =
          compressor.compressDirectByteBuffer(
              stored, stored.position(), stored.remaining(), tar, framed, at - framed);
      stored.position(stored.position() + size);
      framed = at;
    }
  }

  @Override
  void end(int length) {
    frame(length);
    stored.flip();
  }

  @Override
  public void close() {
    compressor.close();
  }
}
