package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.archive.MalformedIndexException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Decompresses frames of an index, one at a time, and parses those of their lines that are wanted.
 * Owns a decompressor and room for a frame's text: to make them takes longer than to use them.
 */
final class FrameSieve implements AutoCloseable {

  /** A segment has at most 8 MiB of tar, 16,384 members; more than their lines take. */
  private static final int LONGEST_TEXT = 64 << 20;

  /** A frame is ended at the next segment behind 512 KiB. */
  private static final int USUAL_TEXT = 1 << 20;

  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private byte[] text = new byte[USUAL_TEXT];

  /** Whether a frame is no longer than those of this program are: all of it is held in memory. */
  static boolean takes(Frame frame) {
    return frame.text() <= LONGEST_TEXT && frame.stored() <= LONGEST_TEXT;
  }

  /**
   * The lines that the filter lets through; or more.
   *
   * @param frame one that this takes
   * @param stored has its bytes from {@code offset} on
   * @throws MalformedIndexException if it can't be decompressed, or a wanted line can't be parsed
   */
  List<IndexLine> wanted(Frame frame, byte[] stored, int offset, LineFilter filter)
      throws IOException {
    int length = (int) frame.text();
    if (text.length < length) {
      text = new byte[length];
    }
    int filled;
    try {
      filled = zstd.decompressByteArray(text, 0, length, stored, offset, (int) frame.stored());
    } catch (ZstdException e) {
      throw new MalformedIndexException("a frame cannot be decompressed: " + e.getMessage(), e);
    }
    if (filled != length) {
      throw new MalformedIndexException("a frame is not as long as its directory says");
    }
    return parsed(sifted(length, filter));
  }

  /**
   * Moves the lines that are let through to the front.
   *
   * @return how long they are together
   */
  private int sifted(int length, LineFilter filter) {
    int kept = 0;
    int start = 0;
    while (start < length) {
      int end = IndexText.lineEnd(text, start, length);
      if (filter.lets(text, start, end)) {
        System.arraycopy(text, start, text, kept, end - start);
        kept += end - start;
      }
      start = end;
    }
    return kept;
  }

  private List<IndexLine> parsed(int length) throws IOException {
    if (length == 0) {
      return List.of();
    }
    List<IndexLine> lines = new ArrayList<>();
    try (IndexReader reader = new IndexReader(new ByteArrayInputStream(text, 0, length))) {
      for (IndexLine line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
    }
    return lines;
  }

  @Override
  public void close() {
    zstd.close();
  }
}
