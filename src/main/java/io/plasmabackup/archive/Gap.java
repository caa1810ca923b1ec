package io.plasmabackup.archive;

import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * What stands between a segment and the next, so that the next one starts aligned: a global pax
 * header that holds nothing but a comment, as git archive writes it. It belongs to neither segment.
 */
final class Gap {

  private Gap() {}

  /** Bytes needed at {@code position}, where a segment ended: 0, or at least two blocks. */
  static int before(long position) {
    int gap = Format.toAlignment(position);
    return gap == Format.BLOCK ? gap + Format.ALIGNMENT : gap;
  }

  /** The filler of {@code length} bytes, as {@link #before} said. */
  static byte[] bytes(int length) {
    byte[] records = new PaxRecords().pad(length / Format.BLOCK - 1).toBytes();
    byte[] gap = new byte[length];
    UstarHeader.auxiliary(io.plasmabackup.linux.RawPath.of("plasma"), TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER, records.length)
        .writeTo(gap, 0);
    System.arraycopy(records, 0, gap, Format.BLOCK, records.length);
    return gap;
  }
}
