package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutagesTest {

  private long now = Long.MAX_VALUE - Duration.ofMinutes(1).toNanos(); // The clock may wrap around.

  /** The pauses that are made, each attempt taking a second, in seconds. */
  private List<Long> pauses(Outages outages) {
    List<Long> seconds = new ArrayList<>();
    for (Optional<Duration> pause = outages.pause(now);
        pause.isPresent();
        pause = outages.pause(now)) {
      seconds.add(pause.get().toSeconds());
      now += pause.get().plusSeconds(1).toNanos();
    }
    return seconds;
  }

  @Test
  void pausesGrowToAMinuteAndEndWithTheLimit() {
    Outages outages = new Outages(Duration.ofMinutes(5));
    outages.lost(7, now);
    assertThat(pauses(outages)).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L, 48L);
  }

  @Test
  void withoutALimitNothingIsTried() {
    Outages outages = new Outages(Duration.ZERO);
    outages.lost(0, now);
    assertThat(outages.pause(now)).isEmpty();
  }

  @Test
  void timeGoesOnWhenNothingWasAchieved() {
    Outages outages = new Outages(Duration.ofSeconds(10));
    outages.lost(7, now);
    assertThat(outages.pause(now)).contains(Duration.ofSeconds(1));
    now += Duration.ofSeconds(6).toNanos();
    outages.lost(7, now);
    assertThat(outages.pause(now)).contains(Duration.ofSeconds(2));
    now += Duration.ofSeconds(4).toNanos();
    assertThat(outages.pause(now)).isEmpty();
  }

  @Test
  void timeStartsAnewWhenSomethingWasAchieved() {
    Outages outages = new Outages(Duration.ofSeconds(10));
    outages.lost(7, now);
    now += Duration.ofSeconds(11).toNanos();
    assertThat(outages.pause(now)).isEmpty();
    outages.lost(8, now);
    assertThat(outages.pause(now)).contains(Duration.ofSeconds(1));
  }
}
