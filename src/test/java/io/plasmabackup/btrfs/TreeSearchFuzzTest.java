package io.plasmabackup.btrfs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.linux.RawPath;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Results of BTRFS_IOC_TREE_SEARCH_V2, with items as they may be on a disk that somebody has
 * prepared.
 */
class TreeSearchFuzzTest {

  /** The first byte is the number of items, with a sign; the buffer follows. */
  @FuzzTest
  void anyBytes(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    MemorySegment buffer = MemorySegment.ofArray(bytes).asSlice(1);
    check(buffer, bytes[0], (offset, item) -> checkName(NestedSubvolume.Link.ofSubvolume(item)));
    check(
        buffer,
        bytes[0],
        (offset, item) -> checkName(NestedSubvolume.Link.ofDirectory(offset, item)));
  }

  private static void check(MemorySegment buffer, int count, TreeSearch.Visitor visitor) {
    long[] last = {0};
    int[] visited = {0};
    try {
      long end =
          TreeSearch.visit(
              buffer,
              count,
              0,
              (offset, item) -> {
                assertThat(Long.compareUnsigned(offset, last[0])).isNotNegative();
                last[0] = offset;
                visited[0]++;
                visitor.item(offset, item);
              });
      assertThat(visited[0]).isEqualTo(count);
      assertThat(end).isEqualTo(last[0]);
    } catch (MalformedItemException malformed) {
      assertThat(malformed).message().isNotEmpty();
    }
  }

  private static void checkName(NestedSubvolume.Link link) {
    assertThat(link.name().isEmpty()).isFalse();
    assertThat(link.name().toBytes()).doesNotContain('/', '\0');
    assertThat(link.name()).isNotIn(List.of(RawPath.of("."), RawPath.of("..")));
  }
}
