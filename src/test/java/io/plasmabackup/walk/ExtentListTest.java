package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.walk.Entry.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExtentListTest {

  @Test
  void keepsWhatItIsGivenAndJoinsWhatTouches() {
    ExtentList list = new ExtentList();
    list.add(0, 4096);
    list.add(4096, 4096);
    list.add(12_288, 1);
    list.add(12_290, 1);
    assertThat(list.toList())
        .containsExactly(new Extent(0, 8192), new Extent(12_288, 1), new Extent(12_290, 1));
  }

  @Test
  void sacrificesSmallHolesForLargeOnesWhenThereAreTooMany() {
    Random random = new Random(1);
    List<Extent> data = new ArrayList<>();
    ExtentList list = new ExtentList();
    long at = 0;
    for (int i = 0; i < 100_000; i++) {
      long length = (1 + random.nextInt(4)) * 4096L;
      data.add(new Extent(at, length));
      list.add(at, length);
      at += length + (i % 1000 == 0 ? 1L << 30 : (1 + random.nextInt(10)) * 4096L);
    }
    List<Extent> kept = list.toList();
    assertThat(kept).hasSizeBetween(100, ExtentList.MAX);
    long end = -1;
    int next = 0;
    for (Extent extent : kept) {
      assertThat(extent.offset()).isGreaterThan(end);
      end = extent.offset() + extent.length();
      while (next < data.size() && data.get(next).offset() < end) {
        assertThat(data.get(next).offset()).isGreaterThanOrEqualTo(extent.offset());
        assertThat(data.get(next).offset() + data.get(next).length()).isLessThanOrEqualTo(end);
        next++;
      }
      assertThat(extent.length()).isLessThan(1L << 30);
    }
    assertThat(next).isEqualTo(data.size());
  }
}
