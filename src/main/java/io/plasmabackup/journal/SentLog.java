package io.plasmabackup.journal;

import io.plasmabackup.store.Chunk;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which chunks of an encrypted archive may have left this machine: all that have are in it, for
 * they are on disk here before they go. So nothing else is ever sent in their place that is
 * encrypted alike. Lines, and how they are written, are those of {@link ChunkLog}.
 */
final class SentLog implements AutoCloseable {

  private final FileOutputStream out;

  private SentLog(FileOutputStream out) {
    this.out = out;
  }

  /** Begins an empty one, in the place of one that may be there. */
  static SentLog create(Path file) throws IOException {
    SentLog log = new SentLog(new FileOutputStream(file.toFile()));
    log.out.getFD().sync();
    return log;
  }

  /** Goes on with the one that is there. */
  static SentLog reopen(Path file) throws IOException {
    return new SentLog(new FileOutputStream(file.toFile(), true));
  }

  /** Adds chunks behind all others; they are on disk when this returns. */
  void append(List<Chunk> chunks) throws IOException {
    StringBuilder lines = new StringBuilder();
    chunks.forEach(chunk -> lines.append(ChunkLog.line(chunk)));
    out.write(lines.toString().getBytes(StandardCharsets.US_ASCII));
    out.getFD().sync();
  }

  /** What a log has; empty if it isn't, from its start to its end, as it was written. */
  static Optional<List<Chunk>> read(Path file) throws IOException {
    try {
      return parse(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** As {@link #read}, of a log with this text. */
  static Optional<List<Chunk>> parse(String text) {
    List<Chunk> chunks = ChunkLog.parse(text);
    long length = chunks.stream().mapToLong(chunk -> ChunkLog.line(chunk).length()).sum();
    return length == text.length() ? Optional.of(chunks) : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
