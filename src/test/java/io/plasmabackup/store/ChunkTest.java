package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkTest {

  private static final byte[] DIGEST = new byte[32];

  @Test
  void keepsItsDigestToItself() {
    byte[] digest = new byte[32];
    Chunk chunk = new Chunk(0, 1, digest);
    digest[0] = 1;
    chunk.sha256()[1] = 1;
    assertThat(chunk.sha256()).containsOnly(0);
  }

  @Test
  void comparesByContent() {
    byte[] other = new byte[32];
    other[31] = 1;
    Chunk chunk = new Chunk(3, 4, DIGEST);
    assertThat(chunk)
        .isEqualTo(new Chunk(3, 4, new byte[32]))
        .hasSameHashCodeAs(new Chunk(3, 4, new byte[32]))
        .isNotEqualTo(new Chunk(4, 4, DIGEST))
        .isNotEqualTo(new Chunk(3, 5, DIGEST))
        .isNotEqualTo(new Chunk(3, 4, other));
  }

  @Test
  void refusesWhatIsNoRange() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Chunk(-1, 1, DIGEST));
    assertThatIllegalArgumentException().isThrownBy(() -> new Chunk(0, 0, DIGEST));
    assertThatIllegalArgumentException().isThrownBy(() -> new Chunk(2, Long.MAX_VALUE, DIGEST));
    assertThatIllegalArgumentException().isThrownBy(() -> new Chunk(0, 1, new byte[31]));
  }

  @Test
  void findsTheLastThatFits() {
    Chunk first = new Chunk(0, 10, DIGEST);
    Chunk second = new Chunk(10, 1, DIGEST);
    List<Chunk> both = List.of(first, second);
    assertThat(Chunk.lastWithin(both, 9)).isEmpty();
    assertThat(Chunk.lastWithin(both, 10)).contains(first);
    assertThat(Chunk.lastWithin(both, 11)).contains(second);
    assertThat(Chunk.lastWithin(both, Long.MAX_VALUE)).contains(second);
    assertThat(Chunk.lastWithin(List.of(), 5)).isEmpty();
  }

  @Test
  void refusesGaps() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Chunk.lastWithin(List.of(new Chunk(1, 1, DIGEST)), 5));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Chunk.lastWithin(List.of(new Chunk(0, 2, DIGEST), new Chunk(1, 2, DIGEST)), 0));
  }
}
