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
 * @param encrypted its file, where that is encrypted: all else is of what it has in it
 */
public record ArchiveSummary(
    long bytes,
    long tarBytes,
    long members,
    long dataBytes,
    long segments,
    Work work,
    Optional<String> sha256,
    Optional<Encrypted> encrypted) {

  /**
   * The file that has it encrypted.
   *
   * @param bytes its size
   * @param sha256 digest of the file, in hexadecimal
   */
  public record Encrypted(long bytes, String sha256) {}

  /** Bytes of its file. */
  public long storedBytes() {
    return encrypted.map(Encrypted::bytes).orElse(bytes);
  }

  /** Digest of its file, in hexadecimal; empty as {@link #sha256}. */
  public Optional<String> storedSha256() {
    return encrypted.isPresent() ? encrypted.map(Encrypted::sha256) : sha256;
  }

  /** Bytes of it that nobody has read, as their blocks are shared with the files. */
  public long sharedBytes() {
    return work.sharedBytes();
  }

  /** Bytes of it that were copied from the earlier archive. */
  public long copiedBytes() {
    return work.copiedBytes();
  }

  /** The digest of its file as 32 bytes. */
  public Optional<byte[]> digest() {
    return storedSha256().map(HexFormat.of()::parseHex);
  }
}
