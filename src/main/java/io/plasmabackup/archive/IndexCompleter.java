package io.plasmabackup.archive;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Puts the digests into an index that it lacks because the archive shares blocks, once the archive
 * is read to be passed on. What comes out is what {@link IndexWriter} writes where nothing is
 * shared, byte for byte.
 */
public final class IndexCompleter {

  private static final HexFormat HEX = HexFormat.of();
  private static final JsonFactory JSON = JsonFactory.builder().build();
  private static final String SEGMENT = "{\"segment\":";
  private static final String END = "{\"archiveSize\":";

  /** {@code name} or {@code nameBase64}. */
  private static final String MEMBER = "{\"name";

  private final PassedOn archive;
  private final MessageDigest whole = Digests.sha256();
  private final MessageDigest digests = Digests.sha256();
  private final MessageDigest index = Digests.sha256();
  private long position;
  private String sha256 = "";

  /** An archive that is read from its start to its end, and passed on. */
  @FunctionalInterface
  public interface PassedOn {

    /**
     * Passes the next bytes on.
     *
     * @param length how many
     * @param seen gets all of them, in order; may change the buffer's position
     */
    void next(long length, Consumer<ByteBuffer> seen) throws Failure;
  }

  /** Prepares to pass an archive on; for one index. */
  public IndexCompleter(PassedOn archive) {
    this.archive = archive;
  }

  /**
   * Passes the archive on, and the completed index.
   *
   * @param incomplete as it was written; read to its end, and closed
   * @param sink for the index
   * @param written the archive, as its writer knew it
   * @return the archive with its digest
   */
  public ArchiveSummary complete(InputStream incomplete, ArchiveSink sink, ArchiveSummary written)
      throws Failure {
    // One byte is one char: what stands in names passes through as it is.
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    new ZstdInputStream(incomplete), StandardCharsets.ISO_8859_1));
        IndexFrames frames = SinkStream.frames(sink, index);
        Writer completed =
            new BufferedWriter(
                new OutputStreamWriter(frames.text(), StandardCharsets.ISO_8859_1))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(SEGMENT)) {
          completed.flush();
          frames.beforeSegment();
          completed.write(segment(line));
        } else if (line.startsWith(END)) {
          completed.flush();
          frames.endFrame();
          completed.write(end(line, written));
        } else {
          if (line.startsWith(MEMBER)) {
            String member = line;
            frames.member(() -> name(member));
          }
          completed.write(line);
        }
        completed.write('\n');
      }
      completed.flush();
      frames.writeDirectory(true);
    } catch (IOException | JacksonException e) {
      throw SinkStream.failure(e);
    }
    return new ArchiveSummary(
        written.bytes(),
        written.tarBytes(),
        written.members(),
        written.dataBytes(),
        written.segments(),
        written.work().withoutShared(),
        Optional.of(sha256),
        Optional.empty());
  }

  /** Digest of the whole index as it was handed to the sink; to be asked for once, at the end. */
  public byte[] sha256() {
    return index.digest();
  }

  private String segment(String line) throws Failure {
    Digest known = digest(line);
    // What fills the gap before it.
    pass(known.offset - position, null);
    MessageDigest sha256 = Digests.sha256();
    pass(known.stored, sha256);
    byte[] digest = sha256.digest();
    digests.update(digest);
    String hex = HEX.formatHex(digest);
    if (known.shared > 0) {
      return line.replace("\"shared\":" + known.shared, "\"sha256\":\"" + hex + '"');
    }
    if (!hex.equals(known.sha256)) {
      throw new Failure(
          ExitCode.READ,
          "what is read back from byte %d on is not what was written: check the disk"
              .formatted(known.offset));
    }
    return line;
  }

  private String end(String line, ArchiveSummary written) throws Failure {
    // The trailer belongs to no segment.
    pass(written.bytes() - position, null);
    sha256 = HEX.formatHex(whole.digest());
    return line.substring(0, line.length() - 1)
        + ",\"digest\":\""
        + HEX.formatHex(digests.digest())
        + "\",\"sha256\":\""
        + sha256
        + "\"}";
  }

  private void pass(long length, @Nullable MessageDigest sha256) throws Failure {
    archive.next(
        length,
        bytes -> {
          whole.update(bytes.duplicate());
          if (sha256 != null) {
            sha256.update(bytes);
          }
        });
    position += length;
  }

  /** Of a member's line, whose first key it is. */
  private static RawPath name(String line) {
    byte[] utf8 = line.getBytes(StandardCharsets.ISO_8859_1);
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), utf8)) {
      parser.nextToken();
      boolean text = "name".equals(parser.nextName());
      parser.nextToken();
      return text ? RawPath.of(parser.getString()) : RawPath.copyOf(parser.getBinaryValue());
    }
  }

  /** What a segment's line says of the segment's bytes. */
  private record Digest(long offset, long stored, long shared, String sha256) {}

  private static Digest digest(String line) {
    long offset = 0;
    long stored = 0;
    long shared = 0;
    String sha256 = "";
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), line)) {
      parser.nextToken();
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        parser.nextToken();
        switch (key) {
          case "offset" -> offset = parser.getLongValue();
          case "stored" -> stored = parser.getLongValue();
          case "shared" -> shared = parser.getLongValue();
          case "sha256" -> sha256 = parser.getString();
          default -> parser.skipChildren();
        }
      }
    }
    return new Digest(offset, stored, shared, sha256);
  }
}
