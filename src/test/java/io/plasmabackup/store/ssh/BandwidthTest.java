package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BandwidthTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Bandwidth bandwidth = new Bandwidth(OptionalLong.of(1 << 20));

  @Test
  void whatIsSentHasToBePaidForBeforeMoreIs() {
    long now = System.nanoTime() + SECOND;

    assertThat(bandwidth.reserve(1 << 20, now)).isZero();
    assertThat(bandwidth.reserve(1 << 19, now)).isEqualTo(SECOND);
    assertThat(bandwidth.reserve(1, now)).isEqualTo(SECOND * 3 / 2);
  }

  @Test
  void timeInWhichNothingWasSentIsLost() {
    long now = System.nanoTime() + SECOND;
    bandwidth.reserve(1 << 20, now);

    assertThat(bandwidth.reserve(1 << 20, now + 100 * SECOND)).isZero();
    assertThat(bandwidth.reserve(1, now + 100 * SECOND)).isEqualTo(SECOND);
  }

  @Test
  void shortPausesAreSavedUp() {
    long now = System.nanoTime() + SECOND;
    long waited = 0;
    int pauses = 0;
    for (int sent = 0; sent < 4 << 20; sent += 32 << 10) {
      long wait = bandwidth.reserve(32 << 10, now + waited);
      waited += wait;
      pauses += wait > 0 ? 1 : 0;
    }

    assertThat(waited).isBetween(3 * SECOND, 4 * SECOND);
    assertThat(pauses).isBetween(1, 79);
  }

  @Test
  void nothingAtAllIsNoBandwidth() {
    assertThatThrownBy(() -> new Bandwidth(OptionalLong.of(0)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
