package io.plasmabackup.cli;

import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How long a run spends in each of its stages. Used by one thread at a time. */
final class Stages {

  /** In their order; a run may come to one of them again. */
  enum Stage {
    /** Earlier runs' remains, pre-commands, the connection. */
    PREPARE("preparing"),
    /** The plan, and the snapshots. */
    SNAPSHOT("making snapshots"),
    /** Which archive can be copied from, and how much there is. */
    SURVEY("counting what there is"),
    /** Reading, packing and storing. */
    ARCHIVE("archiving"),
    /** What is stored is compared, and gets its name. */
    PUBLISH("comparing what is stored"),
    /** plasma-rotate. */
    ROTATE("rotating"),
    /** Post-commands. */
    AFTER("running executeAfter");

    private final String shown;

    Stage(String shown) {
      this.shown = shown;
    }

    /** For people. */
    String shown() {
      return shown;
    }
  }

  private final Map<Stage, Duration> times = new EnumMap<>(Stage.class);
  private final Consumer<Stage> listener;
  private @Nullable Stage current = Stage.PREPARE;
  private long since = System.nanoTime();

  /**
   * The first stage begins.
   *
   * @param listener told of each that begins
   */
  Stages(Consumer<Stage> listener) {
    this.listener = listener;
    listener.accept(Stage.PREPARE);
  }

  /** Ends the stage before. */
  synchronized void enter(Stage next) {
    if (next != current) {
      listener.accept(next);
    }
    pause();
    current = next;
  }

  /** Ends the stage; time doesn't count until the next one begins. */
  synchronized void pause() {
    long now = System.nanoTime();
    if (current != null) {
      times.merge(current, Duration.ofNanos(now - since), Duration::plus);
    }
    current = null;
    since = now;
  }

  /** By its name: of each stage that there has been, and of the one that there is. */
  synchronized Map<String, Duration> times() {
    Stage now = current;
    if (now != null) {
      enter(now);
    }
    Map<String, Duration> named = new LinkedHashMap<>();
    times.forEach((stage, time) -> named.put(stage.name().toLowerCase(Locale.ROOT), time));
    return named;
  }
}
