package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import org.jspecify.annotations.Nullable;

/** What becomes of a run's archive for one target, and where the time goes. */
final class RunOutcome {

  private final Log log;
  private final Stages stages;
  private ExitCode exitCode = ExitCode.OK;
  private @Nullable Failure failure;
  private boolean somethingLeftBehind;
  private Interruption.Archive archive = Interruption.Archive.NOT_STORED;

  RunOutcome(Log log) {
    this.log = log;
    this.stages = new Stages(stage -> log.doing(stage.shown()));
  }

  Stages stages() {
    return stages;
  }

  /** What it failed with; or else the first thing that was noted decides. */
  RunEnd end() {
    return failure != null ? RunEnd.of(failure) : new RunEnd(exitCode);
  }

  ExitCode exitCode() {
    return end().exitCode();
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** It has failed, and the log says so; what failed first counts. */
  void fail(Failure reason) {
    if (failure == null) {
      failure = reason;
    }
  }

  void note(ExitCode noted) {
    if (exitCode == ExitCode.OK) {
      exitCode = noted;
    }
  }

  /** Something could not be taken away: the next run will try again. */
  void leftBehind(Failure failure) {
    log.error(failure.getMessage());
    leftBehind();
  }

  /** Likewise, and the log says so already. */
  void leftBehind() {
    note(ExitCode.CLEANUP);
    somethingLeftBehind = true;
  }

  boolean isSomethingLeftBehind() {
    return somethingLeftBehind || (failure != null && failure.getSuppressed().length > 0);
  }

  /** What became of the archive so far. */
  Interruption.Archive archive() {
    return archive;
  }

  void archive(Interruption.Archive state) {
    archive = state;
  }
}
