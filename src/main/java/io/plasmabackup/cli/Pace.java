package io.plasmabackup.cli;

import java.time.Duration;
import java.util.Locale;

/**
 * How far something has got, and how fast, for people.
 *
 * @param bytes done, 0 to {@code total}
 * @param total of all there is to do
 * @param elapsed since the beginning
 */
record Pace(long bytes, long total, Duration elapsed) {

  /** Before, a rate would be a guess. */
  private static final Duration FIRST_RATE = Duration.ofSeconds(1);

  private static final int NARROWEST_BAR = 8;

  /** For example {@code 52,428,800 of 104,857,600 bytes, 25.0 MiB/s, 0:00:02 left}. */
  String text() {
    String counted = String.format(Locale.ROOT, "%,d of %,d bytes", bytes, total);
    if (bytes == 0 || elapsed.compareTo(FIRST_RATE) < 0) {
      return counted;
    }
    double perSecond = bytes / (elapsed.toNanos() / 1e9);
    Duration left = Duration.ofSeconds((long) Math.ceil((total - bytes) / perSecond));
    return String.format(
        Locale.ROOT,
        "%s, %s/s, %d:%02d:%02d left",
        counted,
        Sizes.rounded((long) perSecond),
        left.toHours(),
        left.toMinutesPart(),
        left.toSecondsPart());
  }

  /** 0 to 100; 100 only when all is done. */
  int percent() {
    return total == 0 ? 100 : (int) (100.0 * bytes / total);
  }

  /**
   * The same with a bar, for a line of at most so many columns; for example {@code 50 % [===== ]
   * 52,428,800 of 104,857,600 bytes, …}.
   */
  String line(int columns) {
    String percent = String.format(Locale.ROOT, "%3d %% ", percent());
    String text = text();
    int bar = columns - percent.length() - text.length() - 3;
    if (bar < NARROWEST_BAR) {
      return percent + text;
    }
    int done = bar * percent() / 100;
    return percent + "[" + "=".repeat(done) + " ".repeat(bar - done) + "] " + text;
  }
}
