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
 * @param work where its bytes come from
 * @param sha256 digest of the whole, in hexadecimal; empty if blocks are shared, or if it was
 *     copied in part and nobody has read all of it
 */
public record ArchiveSummary(
    long bytes,
    long tarBytes,
    long members,
    long dataBytes,
    long segments,
    Work work,
    Optional<String> sha256) {

  /** Bytes of it that nobody has read, as their blocks are shared with the files. */
  public long sharedBytes() {
    return work.sharedBytes();
  }

  /** Bytes of it that were copied from the earlier archive. */
  public long copiedBytes() {
    return work.copiedBytes();
  }

  /** The digest as 32 bytes. */
  public Optional<byte[]> digest() {
    return sha256.map(HexFormat.of()::parseHex);
  }
}
