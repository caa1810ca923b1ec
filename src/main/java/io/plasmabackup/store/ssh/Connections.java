package io.plasmabackup.store.ssh;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * Over how many connections a large file is uploaded.
 *
 * @param fixed 1 to {@link #MOST}; where it is empty, the line and this machine decide
 */
public record Connections(OptionalInt fixed) {

  public static final int MOST = 16;

  /** What "auto" makes at most. */
  private static final int MOST_AUTO = 8;

  /**
   * OpenSSH takes 2 MiB in a round trip over one connection, and a new one begins slowly. At 20 ms,
   * 512 MiB took 6.7 s over one, 5.6 s over two, 4.1 s over four and 4.4 s over eight; at 100 ms 28
   * s, 16 s, 10 s and 7 s.
   */
  private static final Duration ROUND_TRIP_EACH = Duration.ofMillis(6);

  /** As the line and this machine allow. */
  public static final Connections AUTO = new Connections(OptionalInt.empty());

  public Connections {
    if (fixed.isPresent() && (fixed.getAsInt() < 1 || fixed.getAsInt() > MOST)) {
      throw new IllegalArgumentException("connections: " + fixed.getAsInt());
    }
  }

  /** So many: 1 to {@link #MOST}. */
  public static Connections of(int count) {
    return new Connections(OptionalInt.of(count));
  }

  /**
   * How many it is.
   *
   * @param roundTrip how long the server takes to answer a small request
   */
  int count(Duration roundTrip) {
    long needed = 1 + roundTrip.dividedBy(ROUND_TRIP_EACH);
    return fixed.orElse((int) Math.min(needed, MOST_AUTO));
  }
}
