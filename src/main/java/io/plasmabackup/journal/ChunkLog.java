package io.plasmabackup.journal;

import io.plasmabackup.store.Chunk;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Which chunks of an archive the storage has confirmed: a line each, in order, with a checksum.
 * Appending doesn't wait for the disk, which follows in the background: what a power cut takes from
 * the end is no more than what is sent once more. No interrupt, by which a run is stopped, keeps it
 * from being written, as it would close a channel.
 */
final class ChunkLog implements AutoCloseable {

  private static final HexFormat HEX = HexFormat.of();
  private static final int PATIENCE_SECONDS = 10;

  private final FileOutputStream out;
  private final ExecutorService syncing =
      Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "plasma-journal");
        thread.setDaemon(true);
        return thread;
      });
  private final AtomicBoolean syncRequested = new AtomicBoolean();
  private volatile @Nullable IOException failed;

  private ChunkLog(FileOutputStream out) {
    this.out = out;
  }

  /**
   * Begins a log, or a new one instead of it.
   *
   * @param chunks that it begins with
   */
  static ChunkLog create(Path file, List<Chunk> chunks) throws IOException {
    ChunkLog log = new ChunkLog(new FileOutputStream(file.toFile()));
    try {
      for (Chunk chunk : chunks) {
        log.append(chunk);
      }
      return log;
    } catch (IOException e) {
      log.close();
      throw e;
    }
  }

  void append(Chunk chunk) throws IOException {
    IOException earlier = failed;
    if (earlier != null) {
      throw new IOException(earlier.getMessage(), earlier);
    }
    out.write(line(chunk).getBytes(StandardCharsets.US_ASCII));
    if (syncRequested.compareAndSet(false, true)) {
      syncing.execute(this::sync);
    }
  }

  private void sync() {
    syncRequested.set(false);
    try {
      out.getFD().sync();
    } catch (IOException e) {
      failed = e;
    }
  }

  static String line(Chunk chunk) {
    String text = chunk.offset() + " " + chunk.length() + " " + HEX.formatHex(chunk.sha256());
    return text + " " + checksum(text) + "\n";
  }

  static String checksum(String text) {
    CRC32C checksum = new CRC32C();
    checksum.update(text.getBytes(StandardCharsets.US_ASCII));
    return HEX.toHexDigits(checksum.getValue(), 8);
  }

  /** What a log has, up to the first line that is not as it was written; perhaps nothing. */
  static List<Chunk> read(Path file) throws IOException {
    try {
      return parse(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException none) {
      return List.of();
    }
  }

  /** As {@link #read}, of a log with this text. */
  static List<Chunk> parse(String text) {
    List<Chunk> chunks = new ArrayList<>();
    long end = 0;
    for (int start = 0, stop = text.indexOf('\n'); stop >= 0; stop = text.indexOf('\n', start)) {
      Optional<Chunk> chunk = parseLine(text.substring(start, stop));
      if (chunk.isEmpty() || chunk.get().offset() != end) {
        return chunks;
      }
      chunks.add(chunk.get());
      end = chunk.get().end();
      start = stop + 1;
    }
    return chunks;
  }

  private static Optional<Chunk> parseLine(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 4
        || !fields[3].equals(checksum(line.substring(0, line.lastIndexOf(' '))))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Chunk(Long.parseLong(fields[0]), Long.parseLong(fields[1]), HEX.parseHex(fields[2])));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  /** Ends it; all that was appended is on disk afterwards, if the disk allows. */
  @Override
  public void close() throws IOException {
    syncing.shutdown();
    boolean interrupted = Thread.interrupted();
    try {
      if (syncing.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        out.getFD().sync();
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      out.close();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
