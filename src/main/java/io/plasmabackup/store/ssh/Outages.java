package io.plasmabackup.store.ssh;

import java.time.Duration;
import java.util.Optional;

/**
 * For how long, and in what pauses, a lost connection is made again. The time counts from the first
 * loss after which nothing more was achieved.
 */
final class Outages {

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final Duration limit;
  private long achieved = -1;
  private long since;
  private Duration next = FIRST_PAUSE;

  /**
   * @param limit not negative; with 0 nothing is tried again
   */
  Outages(Duration limit) {
    this.limit = limit;
  }

  /**
   * The connection was lost.
   *
   * @param achieved grows with every success
   * @param now as from {@link System#nanoTime}
   */
  void lost(long achieved, long now) {
    if (achieved != this.achieved) {
      this.achieved = achieved;
      since = now;
      next = FIRST_PAUSE;
    }
  }

  /** How long to wait before the next attempt; empty when there is to be none. */
  Optional<Duration> pause(long now) {
    Duration left = limit.minusNanos(now - since);
    if (!left.isPositive()) {
      return Optional.empty();
    }
    Duration pause = next.compareTo(left) < 0 ? next : left;
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    return Optional.of(pause);
  }
}
