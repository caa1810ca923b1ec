package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

  private static final long MIB = 1 << 20;

  @Test
  void tellsExactBytesRateAndTimeLeft() {
    assertThat(new Pace(50 * MIB, 100 * MIB, Duration.ofSeconds(2)).text())
        .isEqualTo("52,428,800 of 104,857,600 bytes, 25.0 MiB/s, 0:00:02 left");
    assertThat(new Pace(MIB, 20_000 * MIB, Duration.ofMillis(1500)).text())
        .isEqualTo("1,048,576 of 20,971,520,000 bytes, 682.7 KiB/s, 8:19:59 left");
    assertThat(new Pace(7, 7, Duration.ofHours(1)).text())
        .isEqualTo("7 of 7 bytes, 0 B/s, 0:00:00 left");
  }

  @Test
  void guessesNothing() {
    assertThat(new Pace(3584, 100 * MIB, Duration.ofMillis(4)).text())
        .isEqualTo("3,584 of 104,857,600 bytes");
    assertThat(new Pace(0, 100 * MIB, Duration.ofMinutes(4)).text())
        .isEqualTo("0 of 104,857,600 bytes");
  }

  @Test
  void isAHundredPercentOnlyAtTheEnd() {
    assertThat(new Pace(999, 1000, Duration.ZERO).percent()).isEqualTo(99);
    assertThat(new Pace(1000, 1000, Duration.ZERO).percent()).isEqualTo(100);
    assertThat(new Pace(0, 0, Duration.ZERO).percent()).isEqualTo(100);
  }

  @Test
  void fillsALine() {
    Pace half = new Pace(500, 1000, Duration.ZERO);
    assertThat(half.line(40)).isEqualTo(" 50 % [======       ] 500 of 1,000 bytes").hasSize(40);
    assertThat(half.line(33)).isEqualTo(" 50 % 500 of 1,000 bytes");
    // The common width has room for terabytes.
    assertThat(new Pace(1L << 42, 1L << 43, Duration.ofDays(1)).line(79)).hasSizeLessThan(80);
  }
}
