package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.journal.RunJournal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run's snapshots: there is one set of them for all targets, made when the first of these needs
 * it, and gone when the last is done with it. As long as they are there, a journal names them.
 */
final class RunSnapshots {

  /** Makes them, or has them already. */
  private interface Source {
    Taken take(RunJournal journal) throws Failure;
  }

  private final Source source;
  private final boolean neededElsewhere;
  private final boolean keepLast;
  private final Log log;
  private final List<ArchiveJob> jobs = new ArrayList<>();
  private @Nullable Taken taken;

  private RunSnapshots(Source source, boolean neededElsewhere, boolean keepLast, Log log) {
    this.source = source;
    this.neededElsewhere = neededElsewhere;
    this.keepLast = keepLast;
    this.log = log;
  }

  /**
   * Of a run that has none yet.
   *
   * @param keepLast whether they stay until the next run has stored its archive
   */
  static RunSnapshots of(SnapshotTaker taker, boolean keepLast, Log log) {
    return new RunSnapshots(taker::take, false, keepLast, log);
  }

  /**
   * Those of an earlier run.
   *
   * @param earlier made then
   * @param neededElsewhere whether they stay anyway, as another target needs them
   * @param keepLast whether they stay until the next run has stored its archive
   */
  static RunSnapshots of(Taken earlier, boolean neededElsewhere, boolean keepLast, Log log) {
    return new RunSnapshots(_ -> earlier, neededElsewhere, keepLast, log);
  }

  /**
   * For one more archive, whose journal names them from now on.
   *
   * @return what stays this object's
   */
  Taken take(ArchiveJob job) throws Failure {
    jobs.add(job);
    Taken made = taken;
    if (made == null) {
      made = source.take(job.journal());
      taken = made;
    } else {
      SnapshotTaker.note(made, job.journal());
    }
    return made;
  }

  /**
   * Ends with them, and with the journals of all archives that were made of them: they are deleted,
   * unless a later run needs them.
   */
  void end() {
    // A signal has done its work when it has ended the reading: cleaning up must not be cut short
    // by it.
    var _ = Thread.interrupted();
    boolean keep = false;
    if (taken != null) {
      boolean suspended = jobs.stream().anyMatch(ArchiveJob::isSuspended);
      keep =
          !suspended
              && keepLast
              && !taken.snapshots().snapshots().isEmpty()
              && jobs.stream().anyMatch(ArchiveJob::isStored);
      if (suspended || keep || neededElsewhere) {
        taken.snapshots().release();
      } else {
        delete(taken);
      }
    }
    for (ArchiveJob job : jobs) {
      job.end(keep);
    }
    if (keep) {
      log.info("the snapshots are kept until the next run has stored its archive");
    }
    jobs.clear();
    taken = null;
  }

  private void delete(Taken made) {
    for (Failure failure : made.snapshots().delete()) {
      log.error(failure.getMessage());
      jobs.forEach(job -> job.outcome().leftBehind());
    }
  }
}
