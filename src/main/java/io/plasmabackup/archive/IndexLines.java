package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;

/**
 * An index's lines on their way to its sink: in frames, compressed, and with a digest of it all.
 */
final class IndexLines {

  private final MessageDigest sha256 = Digests.sha256();
  private final IndexFrames frames;
  private final JsonGenerator json;

  /** Writes to {@code sink}, which takes the compressed bytes. */
  IndexLines(ArchiveSink sink) throws Failure {
    try {
      frames = SinkStream.frames(sink, sha256);
    } catch (IOException e) {
      throw SinkStream.failure(e);
    }
    json = IndexJson.generator(frames.text());
  }

  /** For the properties of a line. */
  JsonGenerator json() {
    return json;
  }

  /** Writes a line of these properties. */
  void write(Runnable properties) throws Failure {
    try {
      IndexJson.line(json, properties);
    } catch (JacksonException e) {
      throw SinkStream.failure(e);
    }
  }

  /** To be called before a segment's line. */
  void beforeSegment() throws Failure {
    framing(frames::beforeSegment);
  }

  /** A member's line is about to be written. */
  void member(Supplier<RawPath> name) {
    frames.member(name);
  }

  /**
   * Writes the last line, and out all that is still held back.
   *
   * @param ordered whether the members are in the order that docs/format.md demands
   */
  void end(Runnable properties, boolean ordered) throws Failure {
    framing(frames::endFrame);
    write(properties);
    framing(() -> {
      frames.writeDirectory(ordered);
      json.close();
      frames.close();
    });
  }

  /** Digest of the whole index as it was handed to the sink; to be asked for once, at the end. */
  byte[] sha256() {
    return sha256.digest();
  }

  /** What is done to the frames once they have all lines. */
  @FunctionalInterface
  private interface Framing {
    void run() throws IOException;
  }

  private void framing(Framing framing) throws Failure {
    try {
      json.flush();
      framing.run();
    } catch (IOException | JacksonException e) {
      throw SinkStream.failure(e);
    }
  }
}
