package io.plasmabackup.archive;

import io.plasmabackup.walk.LeftOut;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A segment with its bytes, ready to be stored. The buffer belongs to whoever holds this. Never
 * compared.
 *
 * @param segment what is in it; without pieces if nothing was left of it, and then there are no
 *     bytes
 * @param bytes what is to be stored, from the buffer's position to its limit
 * @param sha256 of these bytes
 * @param key see {@link SegmentKey}
 */
@SuppressWarnings(
    "ArrayRecordComponent") // Handed from one thread to the next, compared with nothing.
record PackedSegment(Segment segment, ByteBuffer bytes, byte[] sha256, byte[] key) {

  List<LeftOut> leftOut() {
    return segment.leftOut();
  }
}
