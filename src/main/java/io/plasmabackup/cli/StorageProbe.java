package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Label;
import io.plasmabackup.store.Store;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;

/**
 * A file that is written to a storage folder to see whether that can be done, and removed again. It
 * is called as an index that is not complete yet: nothing takes that for an archive, a server that
 * lets a key do nothing but back up has nothing against it, and if it should ever be left behind,
 * rotation removes it.
 */
final class StorageProbe {

  private final Clock clock;

  StorageProbe(Clock clock) {
    this.clock = clock;
  }

  /**
   * Writes one and removes it.
   *
   * @return how far the storage's clock is ahead of ours, as far as that is sure: zero where the
   *     difference is less than the time that this took, or the second to which it tells
   */
  Duration clockDifference(Store store) throws Failure {
    String name = name(LocalDateTime.now(clock));
    Instant before = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant written = store.probe(name);
    Instant after = clock.instant();
    if (written.isBefore(before)) {
      return Duration.between(before, written);
    }
    return written.isAfter(after) ? Duration.between(after, written) : Duration.ZERO;
  }

  /** Of a random second of the last hours: as good as no run ever has the same. */
  private static String name(LocalDateTime now) {
    LocalDateTime time =
        now.minusSeconds(
            new SecureRandom().nextInt(Math.toIntExact(Duration.ofHours(12).toSeconds())));
    return new ArchiveName(time, true, Label.of(time.toLocalDate()), ArchiveName.Suffix.TAR)
        .indexName();
  }
}
