package io.plasmabackup.archive;

import java.util.HexFormat;

/**
 * An archive that was written.
 *
 * @param bytes its size
 * @param tarBytes the size of its tar; the same where nothing is compressed
 * @param members entries in it
 * @param dataBytes bytes of file data in it, without holes, headers and padding
 * @param segments segments in it
 * @param sha256 digest of the whole, in hexadecimal
 */
public record ArchiveSummary(
    long bytes, long tarBytes, long members, long dataBytes, long segments, String sha256) {

  /** The digest as 32 bytes. */
  public byte[] digest() {
    return HexFormat.of().parseHex(sha256);
  }
}
