package io.plasmabackup.cli;

import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** How long a run spends in each of its stages. Used by one thread at a time. */
final class Stages {

  /** In their order; a run may come to one of them again. */
  enum Stage {
    /** Earlier runs' remains, pre-commands, the connection. */
    PREPARE,
    /** The plan, and the snapshots. */
    SNAPSHOT,
    /** Which archive can be copied from, and how much there is. */
    SURVEY,
    /** Reading, packing and storing. */
    ARCHIVE,
    /** What is stored is compared, and gets its name. */
    PUBLISH,
    /** plasma-rotate. */
    ROTATE,
    /** Post-commands. */
    AFTER
  }

  private final Map<Stage, Duration> times = new EnumMap<>(Stage.class);
  private Stage current = Stage.PREPARE;
  private long since = System.nanoTime();

  /** Ends the stage before. */
  synchronized void enter(Stage next) {
    long now = System.nanoTime();
    times.merge(current, Duration.ofNanos(now - since), Duration::plus);
    current = next;
    since = now;
  }

  /** By its name: of each stage that there has been, and of the one that there is. */
  synchronized Map<String, Duration> times() {
    enter(current);
    Map<String, Duration> named = new LinkedHashMap<>();
    times.forEach((stage, time) -> named.put(stage.name().toLowerCase(Locale.ROOT), time));
    return named;
  }
}
