package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.Stage;

/** An archive that is made, from the first line of its journal to the last. */
record ArchiveJob(RunJournal journal, RunOutcome outcome) {

  boolean isSuspended() {
    return outcome.archive() == Interruption.Archive.SUSPENDED;
  }

  boolean isStored() {
    return outcome.archive() == Interruption.Archive.STORED;
  }

  /**
   * Forgets the run, unless the next one has to go on with it, or to take something away.
   *
   * @param snapshotsKept whether its snapshots stay until the next run has stored its archive
   */
  void end(boolean snapshotsKept) {
    try {
      boolean isOver = isStored() || outcome.hasFailed();
      if (isSuspended() || outcome.isSomethingLeftBehind() || !isOver) {
        journal.close();
      } else if (isStored() && snapshotsKept) {
        journal.write(journal.record().at(Stage.KEPT));
        journal.close();
      } else {
        journal.remove();
      }
    } catch (Failure failure) {
      outcome.leftBehind(failure);
    }
  }
}
