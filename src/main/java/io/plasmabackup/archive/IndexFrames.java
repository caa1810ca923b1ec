package io.plasmabackup.archive;

import com.github.luben.zstd.ZstdOutputStream;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.linux.RawPath;
import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Compresses an index's lines in frames that can be read one by one, and writes the directory of
 * them in the end: docs/format.md, "Directory". Keeps a few words of each frame.
 */
final class IndexFrames implements Closeable {

  /** A frame is ended at the next segment when it has so many bytes of text. */
  private static final int ENOUGH = 512 * 1024;

  private final MessageDigest sha256 = Digests.sha256();
  private final Counted stored;
  private final ZstdOutputStream zstd;
  private final Counted text;
  private final List<Frame> frames = new ArrayList<>();

  /** Text in the frames that have ended. */
  private long ended;

  /** Of the current frame. */
  private long members;

  private Optional<RawPath> first = Optional.empty();

  /**
   * Writes to {@code out}.
   *
   * @throws IOException as that does
   */
  IndexFrames(OutputStream out) throws IOException {
    stored = new Counted(new DigestOutputStream(out, sha256));
    zstd = new ZstdOutputStream(stored).setChecksum(true).setCloseFrameOnFlush(true);
    text = new Counted(zstd);
  }

  /** Takes whole lines; to flush it does nothing, and to close it neither. */
  OutputStream text() {
    return text;
  }

  /** To be called before a segment's line, with all lines before it written. */
  void beforeSegment() throws IOException {
    if (text.count - ended >= ENOUGH) {
      endFrame();
    }
  }

  /** A member's line was, or is about to be, written. */
  void member(Supplier<RawPath> name) {
    if (members++ == 0) {
      first = Optional.of(name.get());
    }
  }

  /** Ends a frame, so that what follows is in another one. */
  void endFrame() throws IOException {
    zstd.flush();
    long at = frames.isEmpty() ? 0 : frames.getLast().end();
    frames.add(new Frame(at, stored.count - at, text.count - ended, members, first));
    ended = text.count;
    members = 0;
    first = Optional.empty();
  }

  /**
   * Ends the last frame and writes the directory.
   *
   * @param ordered whether members can be looked for by the first ones of frames
   */
  void writeDirectory(boolean ordered) throws IOException {
    endFrame();
    IndexDirectory directory = new IndexDirectory(frames);
    stored.write((ordered ? directory : directory.withoutNames()).toBytes(sha256));
  }

  @Override
  public void close() throws IOException {
    zstd.close();
  }

  /** Counts what passes. */
  private static final class Counted extends FilterOutputStream {

    private long count;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }

    @Override
    public void flush() {
      // It would end a frame.
    }

    @Override
    public void close() {
      // Nor may whoever writes lines.
    }
  }
}
