package io.plasmabackup.btrfs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a file's extents are said to be, on a disk that somebody has prepared. */
class ZstdExtentFuzzTest {

  /**
   * Where the range begins (8 bytes), its length (3), the file's size (8), the number of items (1,
   * with a sign), and then what the search has found.
   */
  @FuzzTest
  void anyBytes(byte[] bytes) {
    if (bytes.length < 20) {
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long from = in.getLong() & 0xffff_ffff_ffffL;
    long to = from + (in.getShort() & 0xffff) * 256L + (in.get() & 0xff);
    long size = in.getLong() & Long.MAX_VALUE;
    int count = in.get();
    MemorySegment items = MemorySegment.ofArray(bytes).asSlice(in.position());
    List<ZstdExtent> found = new ArrayList<>();
    try {
      TreeSearch.visit(
          items,
          count,
          from,
          (offset, item) -> ZstdExtent.addTo(found, offset, item, from, to, size));
    } catch (MalformedItemException malformed) {
      assertThat(malformed).message().isNotEmpty();
    }
    // What is before one, and between two, is read plainly, into the place that it has.
    long free = from;
    for (ZstdExtent extent : found) {
      assertThat(extent.position()).isGreaterThanOrEqualTo(free);
      assertThat(extent.length()).isBetween(1, ZstdExtent.MAX_LENGTH);
      free = extent.position() + extent.length();
      assertThat(free).isBetween(1L, Math.min(to, size));
    }
  }
}
