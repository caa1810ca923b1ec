package io.plasmabackup.store.ssh;

import java.time.Duration;

/**
 * When a connection counts as lost, and when it is given up.
 *
 * @param stallTimeout how long nothing may be heard of the server, or, while a file is written,
 *     confirmed by it; positive
 * @param retryFor how long an upload tries to get a new connection; 0: not at all
 */
public record Patience(Duration stallTimeout, Duration retryFor) {

  public Patience {
    if (!stallTimeout.isPositive() || retryFor.isNegative()) {
      throw new IllegalArgumentException(stallTimeout + ", " + retryFor);
    }
  }
}
