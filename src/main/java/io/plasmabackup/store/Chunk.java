package io.plasmabackup.store;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A range of an upload and what is in it.
 *
 * @param offset of its first byte; not negative
 * @param length in bytes, at least 1; the end fits into a {@code long}
 * @param sha256 32 bytes; copied on the way in and out
 */
@SuppressWarnings("ArrayRecordComponent") // Copied and compared by content.
public record Chunk(long offset, long length, byte[] sha256) {

  private static final int DIGEST_LENGTH = 32;

  public Chunk {
    if (offset < 0 || length < 1 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException(length + " bytes at " + offset);
    }
    if (sha256.length != DIGEST_LENGTH) {
      throw new IllegalArgumentException("a digest of " + sha256.length + " bytes");
    }
    sha256 = sha256.clone();
  }

  @Override
  public byte[] sha256() {
    return sha256.clone();
  }

  /** Where the next one begins. */
  public long end() {
    return offset + length;
  }

  /**
   * The last one of {@code chunks} that a file of {@code size} bytes holds.
   *
   * @throws IllegalArgumentException unless they follow on each other from 0
   */
  public static Optional<Chunk> lastWithin(List<Chunk> chunks, long size) {
    Optional<Chunk> last = Optional.empty();
    long end = 0;
    for (Chunk chunk : chunks) {
      if (chunk.offset != end) {
        throw new IllegalArgumentException("a chunk at " + chunk.offset + " after " + end);
      }
      end = chunk.end();
      if (end <= size) {
        last = Optional.of(chunk);
      }
    }
    return last;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Chunk that
        && offset == that.offset
        && length == that.length
        && Arrays.equals(sha256, that.sha256);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(offset) + Arrays.hashCode(sha256);
  }

  @Override
  public String toString() {
    return length + " bytes at " + offset + ", SHA-256 " + HexFormat.of().formatHex(sha256);
  }
}
