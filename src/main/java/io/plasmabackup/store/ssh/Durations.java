package io.plasmabackup.store.ssh;

import java.time.Duration;

/** Durations in messages. */
final class Durations {

  private Durations() {}

  /**
   * In the largest unit in which it is a whole number: {@code 90 s}, {@code 2 min}, {@code 1 h}.
   */
  static String shown(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds == 0) {
      return duration.toMillis() + " ms";
    }
    if (seconds % 60 != 0) {
      return seconds + " s";
    }
    return seconds % 3600 == 0 ? seconds / 3600 + " h" : seconds / 60 + " min";
  }
}
