package io.plasmabackup.archive;

import io.plasmabackup.linux.FileStatus.Timestamp;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * What is known of a segment without reading any data, as one digest: two segments with the same
 * key have the same layout, members and metadata, and come from files with the same inode numbers
 * and times of last change.
 */
final class SegmentKey {

  private SegmentKey() {}

  /** SHA-256, as docs/format.md says. */
  static byte[] of(Segment segment) {
    MessageDigest key = Digests.sha256();
    ByteBuffer numbers = ByteBuffer.allocate(7 * Long.BYTES);
    for (Piece piece : segment.pieces()) {
      Timestamp changed = piece.entry().metadata().changed();
      numbers
          .clear()
          .putLong(piece.at())
          .putLong(piece.dataFrom())
          .putLong(piece.dataTo())
          .putLong(piece.entry().id().inode())
          .putLong(changed.seconds())
          .putLong(changed.nanos())
          .putLong(piece.header().length)
          .flip();
      key.update(numbers);
      key.update(piece.header());
    }
    return key.digest();
  }
}
