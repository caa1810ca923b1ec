package io.plasmabackup.store.ssh;

import java.time.Duration;

/**
 * When a connection counts as lost, when it is given up, and what it takes to go on over another
 * one.
 *
 * @param stallTimeout how long nothing may be heard of the server, or, while a file is written,
 *     confirmed by it; positive
 * @param retryFor how long an upload tries to get a new connection; 0: not at all
 * @param readAllBack whether all that is stored of an upload is read back and compared before it
 *     goes on, else only what was confirmed last
 */
public record Patience(Duration stallTimeout, Duration retryFor, boolean readAllBack) {

  public Patience {
    if (!stallTimeout.isPositive() || retryFor.isNegative()) {
      throw new IllegalArgumentException(stallTimeout + ", " + retryFor);
    }
  }
}
