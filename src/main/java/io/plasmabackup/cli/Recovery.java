package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.RunRecord;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.snapshot.SnapshotSet;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Tempfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Takes away what earlier runs have left that were cut off: killed, or without power. What cannot
 * be taken away now stays in the journal for the next time.
 */
final class Recovery {

  private final String location;
  private final Log log;

  /** What was found. */
  private final List<RunJournal> unfinished = new ArrayList<>();

  /** Those of which something is left on this machine that couldn't be taken away. */
  private final Set<RunJournal> stuck = new HashSet<>();

  private boolean complete = true;

  /**
   * Prepares to look.
   *
   * @param location of the storage, as journals have it
   */
  Recovery(String location, Log log) {
    this.location = location;
    this.log = log;
  }

  /** Whether all that was found is gone. */
  boolean isComplete() {
    return complete;
  }

  /** Takes away what is on this machine: snapshots and tempfiles. */
  void removeLocal(StateFolder state) throws Failure {
    StateFolder.Unfinished found = state.unfinished();
    for (Path damaged : found.damaged()) {
      log.error(
          "the journal of the run %1$s is damaged: snapshots of it may be left in the folders .plasma-snapshots (%1$s-*; delete them with: btrfs subvolume delete), and an incomplete archive in %2$s"
              .formatted(damaged.getFileName(), location));
      complete = false;
      state.forget(damaged);
    }
    for (RunJournal journal : found.journals()) {
      log.info(
          "the run %s was cut off; what it has left is taken away"
              .formatted(journal.record().run()));
      unfinished.add(journal);
      if (!removeLocal(journal)) {
        stuck.add(journal);
        complete = false;
      }
    }
  }

  private boolean removeLocal(RunJournal journal) throws Failure {
    RunRecord run = journal.record();
    List<Failure> failures = new ArrayList<>();
    for (RunRecord.LocalFile file : run.tempfiles()) {
      try {
        Tempfile.removeLeft(Path.of(file.path()), file.identity());
      } catch (Failure failure) {
        failures.add(failure);
      }
    }
    try {
      failures.addAll(SnapshotSet.adopt(JournalRecords.snapshots(run)).delete());
    } catch (Failure failure) {
      failures.add(failure);
    }
    failures.forEach(failure -> log.error(failure.getMessage()));
    if (failures.isEmpty()) {
      journal.write(run.withTempfiles(List.of()).with(List.of(), Duration.ZERO));
    }
    return failures.isEmpty();
  }

  /** Takes away what is in the storage. To be called after {@link #removeLocal}. */
  void removeStored(Store store) throws Failure {
    for (RunJournal journal : unfinished) {
      RunRecord run = journal.record();
      if (!run.location().equals(location)) {
        log.warn(
            "an incomplete %s may be left in %s, where archives went then; delete it there"
                .formatted(run.archive(), run.location()));
      } else {
        tellWhetherStored(run, store);
        store.discard(run.archive());
        store.discard(run.archive() + ArchiveName.INDEX_SUFFIX);
      }
      if (!stuck.contains(journal)) {
        journal.remove();
      }
    }
    unfinished.clear();
  }

  private void tellWhetherStored(RunRecord run, Store store) throws Failure {
    List<String> names = store.list().stream().map(StoredFile::name).toList();
    if (names.contains(run.archive())) {
      log.info(
          "%s of that run is stored and complete%s"
              .formatted(
                  run.archive(),
                  names.contains(run.archive() + ArchiveName.INDEX_SUFFIX)
                      ? ""
                      : ", but without an index"));
    }
  }
}
