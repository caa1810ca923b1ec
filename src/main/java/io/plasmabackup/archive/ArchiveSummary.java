package io.plasmabackup.archive;

import java.util.HexFormat;
import java.util.Optional;

/**
 * An archive that was written.
 *
 * @param bytes its size
 * @param tarBytes the size of its tar; the same where nothing is compressed
 * @param members entries in it
 * @param dataBytes bytes of file data in it, without holes, headers and padding
 * @param segments segments in it
 * @param sharedBytes bytes of it that nobody has read, as their blocks are shared with the files
 * @param copiedBytes bytes of it that were copied from the earlier archive
 * @param sha256 digest of the whole, in hexadecimal; empty if blocks are shared or copied
 */
public record ArchiveSummary(
    long bytes,
    long tarBytes,
    long members,
    long dataBytes,
    long segments,
    long sharedBytes,
    long copiedBytes,
    Optional<String> sha256) {

  /** The digest as 32 bytes. */
  public Optional<byte[]> digest() {
    return sha256.map(HexFormat.of()::parseHex);
  }
}
