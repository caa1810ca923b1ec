package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.cli.Planning.Planned;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.snapshot.SnapshotSet;
import io.plasmabackup.snapshot.SpaceCheck;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Takes a run's snapshots of what is there now. As subvolumes come and go, it looks again
 * afterwards: what came just before the snapshots isn't in them.
 */
final class SnapshotTaker {

  /** How often snapshots are taken again because of subvolumes that came or went meanwhile. */
  private static final int ATTEMPTS = 3;

  private final Planning planning;
  private final Log log;
  private final Set<String> warned;

  /**
   * Prepares to take snapshots.
   *
   * @param warned what the administrator has been told already
   */
  SnapshotTaker(Planning planning, Log log, List<String> warned) {
    this.planning = planning;
    this.log = log;
    this.warned = new HashSet<>(warned);
  }

  /** The caller deletes them, or hands them on to a later run. */
  Taken take(RunJournal journal) throws Failure {
    for (int attempt = 1; ; attempt++) {
      Planned planned = planning.plan();
      planned.plan().warnings().stream().filter(warned::add).forEach(log::warn);
      journal.write(
          JournalRecords.planned(journal.record(), planned.plan().snapshots(), planned.reading()));
      SnapshotSet snapshots;
      try {
        SpaceCheck.require(planned.plan().snapshots());
        snapshots = SnapshotSet.create(planned.plan().snapshots());
      } catch (Failure failure) {
        if (attempt < ATTEMPTS && !planned.plan().readsTheSameAs(planning.plan().plan())) {
          continue;
        }
        throw failure;
      }
      try {
        Planned later = planning.plan();
        if (planned.plan().readsTheSameAs(later.plan())) {
          return made(planned.leavingOutAlso(later), snapshots, journal);
        }
        if (attempt == ATTEMPTS) {
          throw new Failure(
              ExitCode.SNAPSHOT,
              "subvolumes or mounts came or went each time that snapshots were made ("
                  + ATTEMPTS
                  + " times); no backup was made, start again when it is quieter");
        }
      } catch (Failure | RuntimeException e) {
        snapshots.delete().forEach(e::addSuppressed);
        throw e;
      }
      List<Failure> left = snapshots.delete();
      if (!left.isEmpty()) {
        throw new Failure(ExitCode.SNAPSHOT, left.getFirst().getMessage(), left.getFirst());
      }
    }
  }

  private Taken made(Planned planned, SnapshotSet snapshots, RunJournal journal) throws Failure {
    Taken taken = new Taken(planned.reading(), snapshots, snapshots.skew());
    note(taken, journal);
    show(snapshots);
    return taken;
  }

  /** Names what was taken in a journal. */
  static void note(Taken taken, RunJournal journal) throws Failure {
    List<Snapshot> snapshots = taken.snapshots().snapshots();
    journal.write(
        JournalRecords.made(
            JournalRecords.planned(
                journal.record(), snapshots.stream().map(Snapshot::plan).toList(), taken.reading()),
            snapshots,
            taken.skew()));
  }

  private void show(SnapshotSet set) {
    for (Snapshot snapshot : set.snapshots()) {
      log.info(
          "snapshot of "
              + snapshot.plan().subvolume()
              + " (generation "
              + snapshot.info().generation()
              + "): "
              + snapshot.plan().path());
    }
    if (set.snapshots().size() > 1) {
      log.info(
          String.format(
              Locale.ROOT,
              "%d snapshots within %.1f ms%s",
              set.snapshots().size(),
              set.skew().toNanos() / 1e6,
              set.isOfOneMoment() ? ", of one transaction: of the very same moment" : ""));
    }
  }
}
