package io.plasmabackup.restore;

import java.util.Arrays;

/** Where an index's segments are: 12 bytes for each. */
public final class SegmentPlaces {

  private long[] offsets = new long[64];
  private int[] frameOf = new int[64];
  private int count;
  private boolean ascending = true;

  /** The next segment's line. */
  void add(int frame, long offset) {
    if (count == offsets.length) {
      offsets = Arrays.copyOf(offsets, count * 2);
      frameOf = Arrays.copyOf(frameOf, count * 2);
    }
    ascending &= count == 0 || offset > offsets[count - 1];
    offsets[count] = offset;
    frameOf[count++] = frame;
  }

  /** Whether they have the order that every writer gives them. */
  boolean isAscending() {
    return ascending;
  }

  int count() {
    return count;
  }

  int frame(int segment) {
    return frameOf[segment];
  }

  /** The first segment of a frame, or of a later one; the count if there is none. */
  int firstOf(int frame) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (frameOf[middle] < frame) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Which segment begins there in the archive; −1 if none does. */
  int at(long offset) {
    int found = Arrays.binarySearch(offsets, 0, count, offset);
    return found < 0 ? -1 : found;
  }
}
