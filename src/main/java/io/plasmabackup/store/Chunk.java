package io.plasmabackup.store;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Some bytes of a file that the storage has confirmed.
 *
 * @param offset of the first one
 * @param length how many, more than 0
 * @param sha256 their digest, 32 bytes; never changed by anybody
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content, below.
public record Chunk(long offset, long length, byte[] sha256) {

  /** Position of the first byte behind it. */
  public long end() {
    return offset + length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Chunk(long otherOffset, long otherLength, byte[] otherSha256)
        && offset == otherOffset
        && length == otherLength
        && Arrays.equals(sha256, otherSha256);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(offset) * 31 + Arrays.hashCode(sha256);
  }

  @Override
  public String toString() {
    return length + " bytes at " + offset + ", sha256 " + HexFormat.of().formatHex(sha256);
  }
}
