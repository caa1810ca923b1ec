package io.plasmabackup.archive;

import io.plasmabackup.linux.RawPath;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Filler: global pax headers that hold nothing but a comment, as git archive writes them. Stands
 * between a segment and the next, so that the next one starts aligned, and belongs to neither; and
 * in a segment in the place of a file that vanished before it could be read.
 */
final class Gap {

  /** Longest single header: some readers allow them 1 MiB. */
  static final int MAX_HEADER = 512 * 1024;

  private static final RawPath NAME = RawPath.of("pax_global_header");

  private Gap() {}

  /** Bytes needed at {@code position}, where a segment ended: 0, or at least two blocks. */
  static int before(long position) {
    int gap = Format.toAlignment(position);
    return gap == Format.BLOCK ? gap + Format.ALIGNMENT : gap;
  }

  /**
   * Makes filler.
   *
   * @param length a multiple of {@link Format#BLOCK}; a single block is a header without records
   */
  static byte[] of(int length) {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; ) {
      int header = Math.min(length - at, MAX_HEADER);
      if (length - at - header == Format.BLOCK) {
        header -= Format.BLOCK;
      }
      int blocks = header / Format.BLOCK - 1;
      byte[] records = blocks == 0 ? new byte[0] : new PaxRecords().pad(blocks).toBytes();
      UstarHeader.auxiliary(NAME, TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER, records.length)
          .writeTo(bytes, at);
      System.arraycopy(records, 0, bytes, at + Format.BLOCK, records.length);
      at += header;
    }
    return bytes;
  }
}
