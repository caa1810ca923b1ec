package io.plasmabackup.archive;

import io.plasmabackup.walk.LeftOut;
import java.util.List;

/**
 * A segment with its bytes, ready to be stored. The buffer belongs to whoever holds this. Never
 * compared.
 *
 * @param segment what is in it
 * @param buffer the bytes, from its start, {@code segment.length()} of them
 * @param sha256 of these bytes
 * @param key see {@link SegmentKey}
 * @param leftOut what was come upon since the segment before and isn't archived: for the index
 */
@SuppressWarnings(
    "ArrayRecordComponent") // Handed from one thread to the next, compared with nothing.
record PackedSegment(
    Segment segment, byte[] buffer, byte[] sha256, byte[] key, List<LeftOut> leftOut) {}
