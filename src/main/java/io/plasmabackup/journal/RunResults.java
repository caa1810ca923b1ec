package io.plasmabackup.journal;

import java.util.Optional;

/**
 * How a configuration's runs have ended.
 *
 * @param last the latest run
 * @param lastStored the latest that stored an archive, which may be the same
 * @param without how many runs there have been since that, or at all
 */
public record RunResults(RunResult last, Optional<RunResult> lastStored, long without) {

  /** After the very first run. */
  static RunResults of(RunResult first) {
    return new RunResults(
        first,
        first.stored().isPresent() ? Optional.of(first) : Optional.empty(),
        first.stored().isPresent() ? 0 : 1);
  }

  /** After one more. */
  RunResults then(RunResult next) {
    return next.stored().isPresent() ? of(next) : new RunResults(next, lastStored, without + 1);
  }
}
