package io.plasmabackup.walk;

import io.plasmabackup.walk.Entry.Extent;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects where a file has data, in ascending order. A file may have millions of holes, but the
 * map of them goes into one header: where there are too many, the small ones count as data, which
 * reads as the same zeros.
 */
final class ExtentList {

  /** More are never kept. */
  static final int MAX = 10_000;

  private static final long FIRST_SMALLEST_HOLE = 4096;

  private List<Extent> extents = new ArrayList<>();

  /** A smaller hole counts as data. */
  private long smallestHole = 1;

  /**
   * @param offset at or after the end of what was added before
   */
  void add(long offset, long length) {
    append(extents, offset, length);
    while (extents.size() > MAX) {
      smallestHole = Math.max(2 * smallestHole, FIRST_SMALLEST_HOLE);
      List<Extent> fewer = new ArrayList<>();
      for (Extent extent : extents) {
        append(fewer, extent.offset(), extent.length());
      }
      extents = fewer;
    }
  }

  private void append(List<Extent> to, long offset, long length) {
    if (!to.isEmpty()) {
      Extent last = to.getLast();
      if (offset - (last.offset() + last.length()) < smallestHole) {
        to.set(to.size() - 1, new Extent(last.offset(), offset + length - last.offset()));
        return;
      }
    }
    to.add(new Extent(offset, length));
  }

  List<Extent> toList() {
    return List.copyOf(extents);
  }
}
