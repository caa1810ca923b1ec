package io.plasmabackup.rotate;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * When the runs of some time begin, and what the clock of the machine says then: it jumps back and
 * forth, is years off for a while, and is taken to another time zone half-way.
 */
final class WanderingClock {

  /**
   * A run's beginning.
   *
   * @param shown by the machine's clock, in its time zone
   * @param trulyLocal what a right clock would have shown there
   */
  record Run(LocalDateTime shown, LocalDateTime trulyLocal) {}

  private final Random random;
  private Duration error = Duration.ZERO;
  private int runsUntilRight;

  private WanderingClock(long seed) {
    random = new Random(seed);
  }

  /**
   * A run an hour, give or take a few seconds, and now and then a second one in the same second.
   *
   * @param zones where the machine is in the first half, and in the second
   */
  static List<Run> hourly(ZonedDateTime start, Duration time, List<ZoneId> zones, long seed) {
    WanderingClock clock = new WanderingClock(seed);
    List<Run> runs = new ArrayList<>();
    Instant end = start.toInstant().plus(time);
    Instant half = start.toInstant().plus(time.dividedBy(2));
    for (Instant hour = start.toInstant(); hour.isBefore(end); hour = hour.plusSeconds(3600)) {
      clock.wander();
      ZoneId zone = zones.get(hour.isBefore(half) ? 0 : 1);
      Instant truth = hour.plusSeconds(clock.random.nextInt(5));
      Run run =
          new Run(
              LocalDateTime.ofInstant(truth.plus(clock.error), zone),
              LocalDateTime.ofInstant(truth, zone));
      for (int i = clock.random.nextInt(100) == 0 ? 3 : 1; i > 0; i--) {
        runs.add(run);
      }
    }
    return runs;
  }

  /** Right most of the time; every few weeks off, for some hours to days. */
  private void wander() {
    if (runsUntilRight > 0) {
      runsUntilRight--;
      return;
    }
    error = Duration.ZERO;
    if (random.nextInt(700) == 0) {
      error =
          switch (random.nextInt(4)) {
            case 0 -> Duration.ofSeconds(random.nextInt(-300, 300));
            case 1 -> Duration.ofMinutes(random.nextInt(-40 * 60, 40 * 60));
            case 2 -> Duration.ofDays(random.nextInt(-60, 60));
            default -> Duration.ofDays(365L * random.nextInt(-50, 50));
          };
      runsUntilRight = random.nextInt(1, 100);
    }
  }
}
