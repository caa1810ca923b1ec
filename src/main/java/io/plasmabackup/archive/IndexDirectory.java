package io.plasmabackup.archive;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.plasmabackup.linux.RawPath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * Where in an index each of its frames is: docs/format.md, "The directory".
 *
 * @param frames in the index's order, without gaps from its start; the last one has the end line
 */
public record IndexDirectory(List<Frame> frames) {

  /** Of a frame that every decompressor passes over (RFC 8878, 3.1.2). */
  private static final int MAGIC = 0x184D2A51;

  /** The last bytes of an index that has a directory: "PIDX". */
  private static final int MARK = 0x58444950;

  /** Of the frame that has the digest. */
  private static final int SEAL_MAGIC = 0x184D2A52;

  private static final int HEADER = 2 * Integer.BYTES;

  /** Bytes of the SHA-256 that stands before the footer, over all of the index before it. */
  public static final int SEAL = 32;

  /** Bytes at an index's end that tell whether there is a directory, and how long it is. */
  public static final int FOOTER = 2 * Integer.BYTES;

  public IndexDirectory {
    frames = List.copyOf(frames);
  }

  /**
   * A zstd frame of whole lines.
   *
   * @param at where in the index it starts
   * @param stored its bytes there, more than 0
   * @param text its bytes, decompressed
   * @param members how many member lines it has
   * @param first the first of them; empty, too, where the members are in no order
   */
  public record Frame(long at, long stored, long text, long members, Optional<RawPath> first) {

    /** Where in the index it ends. */
    public long end() {
      return at + stored;
    }
  }

  /** For members in no order, which are not to be looked for by it. */
  IndexDirectory withoutNames() {
    return new IndexDirectory(
        frames.stream()
            .map(frame ->
                new Frame(
                    frame.at(), frame.stored(), frame.text(), frame.members(), Optional.empty()))
            .toList());
  }

  /**
   * What stands behind the frames.
   *
   * @param sha256 has got all that stands before this
   */
  byte[] toBytes(MessageDigest sha256) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    try (ZstdOutputStream compressed = new ZstdOutputStream(lines).setChecksum(true);
        JsonGenerator json = IndexJson.generator(compressed)) {
      for (Frame frame : frames) {
        IndexJson.line(
            json,
            () -> {
              json.writeNumberProperty("at", frame.at());
              json.writeNumberProperty("stored", frame.stored());
              json.writeNumberProperty("text", frame.text());
              json.writeNumberProperty("members", frame.members());
              frame.first().ifPresent(first -> IndexJson.name(json, "first", first));
            });
      }
    }
    int length = HEADER + lines.size() + HEADER + SEAL + FOOTER;
    ByteBuffer bytes =
        ByteBuffer.allocate(length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(MAGIC)
            .putInt(length - HEADER)
            .put(lines.toByteArray())
            .putInt(SEAL_MAGIC)
            .putInt(SEAL);
    sha256.update(bytes.duplicate().flip());
    return bytes.put(sha256.digest()).putInt(length).putInt(MARK).array();
  }

  /**
   * How long the directory is.
   *
   * @param footer the index's last {@link #FOOTER} bytes
   * @return bytes at the index's end, all that {@link #parse} needs; 0 if there is none
   */
  public static long length(byte[] footer) {
    ByteBuffer words = ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN);
    long length = Integer.toUnsignedLong(words.getInt());
    return words.getInt() == MARK && length > HEADER + FOOTER ? length : 0;
  }

  /**
   * Reads a directory.
   *
   * @param bytes all of it, untrusted
   * @param start where it starts: there the last frame ends
   * @throws MalformedIndexException if it isn't one
   */
  public static IndexDirectory parse(byte[] bytes, long start) throws IOException {
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (words.getInt() != MAGIC || words.getInt() != bytes.length - HEADER) {
      throw new MalformedIndexException("its directory does not begin where it should");
    }
    List<Frame> frames = new ArrayList<>();
    long at = 0;
    try (IndexReader lines =
        new IndexReader(
            new ZstdInputStream(
                new ByteArrayInputStream(bytes, HEADER, bytes.length - HEADER - FOOTER)))) {
      for (Frame frame = lines.frame(); frame != null; frame = lines.frame()) {
        if (frame.at() != at || frame.stored() <= 0 || frame.stored() > start - at) {
          throw new MalformedIndexException("its directory has a frame where none can be");
        }
        at = frame.end();
        frames.add(frame);
      }
    }
    if (at != start || frames.isEmpty()) {
      throw new MalformedIndexException("its directory does not have all frames");
    }
    return new IndexDirectory(frames);
  }
}
