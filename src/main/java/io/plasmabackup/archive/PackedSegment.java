package io.plasmabackup.archive;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A segment with its bytes, ready to be stored. The buffer belongs to whoever holds this. Never
 * compared.
 *
 * @param segment what is in it; without pieces if nothing was left of it, and then there are no
 *     bytes
 * @param bytes what is to be stored, from the buffer's position to its limit
 * @param shared files whose ranges are missing in these bytes, in the order in which they stand in
 *     the segment; only of a plain tar, where the buffer's positions are the segment's
 * @param sha256 of these bytes; null if there are such files
 * @param key see {@link SegmentKey}
 */
@SuppressWarnings(
    "ArrayRecordComponent") // Handed from one thread to the next, compared with nothing.
record PackedSegment(
    Segment segment,
    ByteBuffer bytes,
    List<SharedFile> shared,
    byte @Nullable [] sha256,
    byte[] key) {}
