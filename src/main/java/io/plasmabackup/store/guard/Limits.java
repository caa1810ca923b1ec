package io.plasmabackup.store.guard;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What the server's administrator allows a key to do.
 *
 * @param reading whether archives and indexes may be read
 * @param window how far back the date in a new archive's name may lie, at least {@link #AHEAD}
 * @param archivesPerDay how many archives may be stored within 24 hours
 * @param bytesPerDay how many bytes; empty: any number
 * @param partials how many partial files there may be
 * @param keptFree bytes of the filesystem that are to stay free
 */
public record Limits(
    boolean reading,
    Duration window,
    int archivesPerDay,
    OptionalLong bytesPerDay,
    int partials,
    long keptFree) {

  /**
   * How far ahead of the server's local time a name may be: names have the local time of the
   * machine that is backed up, and time zones differ by 26 hours at most.
   */
  public static final Duration AHEAD = Duration.ofHours(26);

  /** What a file may grow by, in bytes, until it is compared with the limits anew. */
  private static final long MOST_STEP = 16 << 20;

  private static final int STEPS = 1024;

  public Limits {
    if (window.compareTo(AHEAD) < 0 || archivesPerDay < 1 || partials < 1 || keptFree < 0) {
      throw new IllegalArgumentException("a limit is too small");
    }
  }

  /** What a partial file of this size counts as, in bytes: it may grow up to there unasked. */
  long counted(long size) {
    long step = Math.clamp(bytesPerDay.orElse(Long.MAX_VALUE) / STEPS, 1, MOST_STEP);
    return size > Long.MAX_VALUE - step ? Long.MAX_VALUE : (size + step - 1) / step * step;
  }
}
