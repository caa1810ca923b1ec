package io.plasmabackup.config;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How much of the machine a run takes beside others. What is absent stays as it was when the run
 * was started.
 *
 * @param nice the processors' share: 0, as everybody's, to 19, the least
 * @param disk the disks' share
 */
public record Priority(OptionalInt nice, Optional<Disk> disk) {

  static final Range NICE = new Range(0, 19);

  static final Priority AS_STARTED = new Priority(OptionalInt.empty(), Optional.empty());

  /** Whose requests the disks serve first. */
  public enum Disk {
    /** Ours when nobody else has any. */
    IDLE,
    /** Those of others. */
    LOW,
    /** Nobody's. */
    NORMAL;

    /** As it stands in a configuration. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
