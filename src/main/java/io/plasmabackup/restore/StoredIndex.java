package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.StoredBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An archive's index, of which no more is read than is asked for. Failures are those of the store,
 * and {@link ExitCode#DAMAGED} where the index isn't what it should be.
 */
final class StoredIndex {

  /** Read from either end to begin with: as much as one request gives. */
  private static final int FIRST_READ = 64 * 1024;

  /** One of more frames is that of an archive of a billion members. */
  private static final int LONGEST_DIRECTORY = 64 << 20;

  /** A frame is ended with a segment, which has thousands of members, but not millions. */
  private static final int LONGEST_FRAME = 256 << 20;

  private final StoredBytes bytes;
  private final String shown;

  /** Of the file's end; at least the footer. */
  private final byte[] tail;

  private StoredIndex(StoredBytes bytes, String shown, byte[] tail) {
    this.bytes = bytes;
    this.shown = shown;
    this.tail = tail;
  }

  /**
   * Reads as much as is needed to find the rest.
   *
   * @param bytes stays the caller's
   * @param shown where it is, for messages
   */
  static StoredIndex of(StoredBytes bytes, String shown) throws Failure {
    byte[] tail = new byte[(int) Math.min(FIRST_READ, bytes.size())];
    if (tail.length < IndexDirectory.FOOTER
        || bytes.read(bytes.size() - tail.length, tail, 0, tail.length) < tail.length) {
      throw damaged(shown, "it is too short");
    }
    return new StoredIndex(bytes, shown, tail);
  }

  /** The first line. */
  IndexLine.Header header() throws Failure {
    byte[] start = new byte[(int) Math.min(FIRST_READ, bytes.size())];
    bytes.read(0, start, 0, start.length);
    try {
      return header(new ByteArrayInputStream(start));
    } catch (IOException longerOrDamaged) {
      try {
        return header(bytes.stream(0));
      } catch (IOException e) {
        throw failure(e);
      }
    }
  }

  private IndexLine.Header header(InputStream compressed) throws IOException, Failure {
    try (IndexReader lines = new IndexReader(new ZstdInputStream(compressed))) {
      if (lines.next() instanceof IndexLine.Header header) {
        return header;
      }
      throw damaged(shown, "it does not begin as an index does");
    }
  }

  /**
   * Sees whether it is that of an archive, as it was when it was made, by its ends alone.
   *
   * @param archive the archive's file name
   * @param size its bytes
   */
  void requireOf(String archive, long size) throws Failure {
    String named = header().archive();
    if (!named.equals(archive)) {
      throw new Failure(
          ExitCode.DAMAGED, shown + " is not that archive's, but of " + FileNames.shown(named));
    }
    long expected = end().archiveSize();
    if (expected != size) {
      throw new Failure(
          ExitCode.DAMAGED,
          "%s says that the archive has %,d bytes, and it has %,d"
              .formatted(shown, expected, size));
    }
  }

  /** The last line; reads all lines if there is no directory. */
  IndexLine.End end() throws Failure {
    Optional<IndexDirectory> directory = directory();
    try {
      IndexLine last = null;
      try (IndexReader lines = new IndexReader(text(directory))) {
        for (IndexLine line = lines.next(); line != null; line = lines.next()) {
          last = line;
        }
      }
      if (last instanceof IndexLine.End end) {
        return end;
      }
    } catch (IOException e) {
      throw failure(e);
    }
    throw damaged(shown, "its end is missing");
  }

  /** What has the last line. */
  private InputStream text(Optional<IndexDirectory> directory) throws IOException, Failure {
    if (directory.isEmpty()) {
      return new ZstdInputStream(bytes.stream(0));
    }
    Frame last = directory.get().frames().getLast();
    if (last.stored() > FIRST_READ) {
      throw damaged(shown, "its last frame is too long");
    }
    return new ZstdInputStream(new ByteArrayInputStream(ending(last.end(), (int) last.stored())));
  }

  /** Where its frames are; empty if it has but one, or doesn't say. */
  Optional<IndexDirectory> directory() throws Failure {
    long length =
        IndexDirectory.length(
            Arrays.copyOfRange(tail, tail.length - IndexDirectory.FOOTER, tail.length));
    if (length == 0) {
      return Optional.empty();
    }
    if (length >= bytes.size() || length > LONGEST_DIRECTORY) {
      throw damaged(shown, "its directory is too long");
    }
    try {
      return Optional.of(
          IndexDirectory.parse(ending(bytes.size(), (int) length), bytes.size() - length));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The lines of one frame. */
  IndexReader lines(Frame frame) throws Failure {
    if (frame.stored() > LONGEST_FRAME) {
      throw damaged(shown, "a frame is too long");
    }
    byte[] stored = stored(frame.at(), frame.end());
    try {
      return new IndexReader(new ZstdInputStream(new ByteArrayInputStream(stored)));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Its bytes between two places. */
  byte[] stored(long start, long end) throws Failure {
    byte[] stored = new byte[Math.toIntExact(end - start)];
    if (bytes.read(start, stored, 0, stored.length) < stored.length) {
      throw damaged(shown, "it has become shorter");
    }
    return stored;
  }

  /** All of it as it is stored, from its start; nothing else may be asked for meanwhile. */
  InputStream stored() {
    return bytes.stream(0);
  }

  /** All lines; nothing else may be asked for meanwhile. */
  IndexReader lines() throws Failure {
    try {
      return new IndexReader(new ZstdInputStream(bytes.stream(0)));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** All bytes, to be read by {@link #lines(SealedStream)} and compared by {@link #checkSeal}. */
  SealedStream sealed() {
    return new SealedStream(bytes.stream(0), bytes.size());
  }

  /** All lines. */
  IndexReader lines(SealedStream all) throws Failure {
    try {
      return new IndexReader(new ZstdInputStream(all));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Whether every byte is as it was written; of the index of an early program nothing more is known
   * than what its lines say.
   *
   * @param all when its lines have been read
   */
  void checkSeal(SealedStream all) throws Failure {
    boolean right;
    try {
      right = all.isRight();
    } catch (IOException e) {
      throw failure(e);
    }
    if (header().sealed() && !(right && directory().isPresent())) {
      throw damaged(shown, "it is not byte for byte what was written");
    }
  }

  /** The {@code length} bytes before {@code end}. */
  private byte[] ending(long end, int length) throws Failure {
    long tailStart = bytes.size() - tail.length;
    long start = end - length;
    if (start >= tailStart) {
      int from = (int) (start - tailStart);
      return Arrays.copyOfRange(tail, from, from + length);
    }
    return stored(start, end);
  }

  /** The next of some lines; null at their end. */
  @Nullable IndexLine next(IndexReader lines) throws Failure {
    try {
      return lines.next();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** What an exception while reading lines means. */
  Failure failure(IOException e) {
    return Failure.behind(e)
        .orElseGet(() -> damaged(shown, e.getMessage() == null ? e.toString() : e.getMessage()));
  }

  private static Failure damaged(String shown, String why) {
    return new IndexDamage(shown, why);
  }
}
