package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/**
 * What happens in a run that doesn't end it, how it ends because of that, and where its time goes.
 */
final class RunOutcome {

  private final Log log;
  private final Stages stages;
  private ExitCode exitCode = ExitCode.OK;
  private boolean somethingLeftBehind;
  private boolean snapshotsKept;
  private Interruption.Archive archive = Interruption.Archive.NOT_STORED;

  RunOutcome(Log log) {
    this.log = log;
    this.stages = new Stages(stage -> log.doing(stage.shown()));
  }

  Stages stages() {
    return stages;
  }

  /** The first thing that was noted decides. */
  ExitCode exitCode() {
    return exitCode;
  }

  void note(ExitCode noted) {
    if (exitCode == ExitCode.OK) {
      exitCode = noted;
    }
  }

  /** Something could not be taken away: the next run will try again. */
  void leftBehind(Failure failure) {
    log.error(failure.getMessage());
    note(ExitCode.CLEANUP);
    somethingLeftBehind = true;
  }

  boolean isSomethingLeftBehind() {
    return somethingLeftBehind;
  }

  /** The snapshots stay until the next run has stored its archive. */
  void keepSnapshots() {
    snapshotsKept = true;
  }

  boolean areSnapshotsKept() {
    return snapshotsKept;
  }

  /** What became of the archive so far. */
  Interruption.Archive archive() {
    return archive;
  }

  void archive(Interruption.Archive state) {
    archive = state;
  }
}
