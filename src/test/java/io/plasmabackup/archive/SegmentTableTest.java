package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SegmentTableTest {

  private static byte[] digest(Random random) {
    byte[] digest = new byte[32];
    random.nextBytes(digest);
    return digest;
  }

  @Test
  void findsEachSegmentByItsKeyAndNoOther() {
    Random random = new Random(1);
    SegmentTable table = new SegmentTable();
    assertThat(table.isEmpty()).isTrue();
    List<byte[]> keys = new ArrayList<>();
    List<StoredSegment> segments = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      byte[] key = digest(random);
      // Many in the same place of the table.
      key[6] = 0;
      key[7] = (byte) (i % 5);
      StoredSegment segment = new StoredSegment(4096L * i, i + 1, i + 2, digest(random));
      keys.add(key);
      segments.add(segment);
      table.add(key, segment);
    }
    for (int i = 0; i < keys.size(); i++) {
      StoredSegment found = Objects.requireNonNull(table.find(keys.get(i)));
      assertThat(found.offset()).isEqualTo(segments.get(i).offset());
      assertThat(found.stored()).isEqualTo(segments.get(i).stored());
      assertThat(found.tar()).isEqualTo(segments.get(i).tar());
      assertThat(found.sha256()).isEqualTo(segments.get(i).sha256());
      byte[] other = keys.get(i).clone();
      other[15] ^= 1;
      assertThat(table.find(other)).isNull();
    }
    assertThat(table.isEmpty()).isFalse();
  }
}
