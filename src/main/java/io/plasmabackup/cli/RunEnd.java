package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.List;

/**
 * How a run ends, or its share for one target.
 *
 * @param message what went wrong, a line for people; empty if nothing did
 */
record RunEnd(ExitCode exitCode, String message) {

  /** An end that needs no explanation but the exit code's own. */
  RunEnd(ExitCode exitCode) {
    this(exitCode, exitCode == ExitCode.OK ? "" : exitCode.meaning());
  }

  static RunEnd of(Failure failure) {
    return new RunEnd(failure.exitCode(), String.valueOf(failure.getMessage()));
  }

  /** How it ends if something else went wrong, too: what counts is what came first. */
  RunEnd or(ExitCode later) {
    return exitCode == ExitCode.OK ? new RunEnd(later) : this;
  }

  static RunEnd of(List<TargetRun> targets) {
    return targets.stream()
        .filter(target -> isStopped(target.outcome().exitCode()))
        .findFirst()
        .or(() -> targets.stream().filter(target -> target.stored().isEmpty()).findFirst())
        .or(() ->
            targets.stream()
                .filter(target -> target.outcome().exitCode() != ExitCode.OK)
                .findFirst())
        .map(first -> of(first, targets))
        .orElseGet(() -> new RunEnd(ExitCode.OK));
  }

  /** Whether it was a signal that ended a target's share, and so the run. */
  static boolean isStopped(ExitCode exitCode) {
    return exitCode == ExitCode.INTERRUPTED || exitCode == ExitCode.SUSPENDED;
  }

  private static RunEnd of(TargetRun first, List<TargetRun> targets) {
    ExitCode exitCode = first.outcome().exitCode();
    boolean isPartial =
        first.stored().isEmpty()
            && !isStopped(exitCode)
            && targets.stream().anyMatch(target -> target.stored().isPresent());
    return new RunEnd(
        isPartial ? ExitCode.SOME_TARGETS : exitCode,
        first.name().map(name -> name + ": ").orElse("") + first.outcome().end().message());
  }
}
