package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.RunRecord;
import io.plasmabackup.journal.Stage;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.journal.StatePart;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.snapshot.SnapshotSet;
import io.plasmabackup.snapshot.SpaceCheck;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Tempfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks after earlier runs that were cut off: killed, without power, or without a connection. One
 * that had begun its upload is gone on with, where its snapshots are all there and the settings are
 * the same; what the others have left is taken away. What cannot be taken away now stays in the
 * journal for the next time.
 */
final class Recovery {

  private final StateFolder state;
  private final StatePart part;
  private final Planning planning;
  private final String settings;
  private final String location;
  private final Optional<String> whyNot;
  private final Log log;

  /** Of those, what could be read, the oldest first. */
  private List<RunJournal> found = List.of();

  /** Those that are over, with their snapshots. */
  private final List<RunJournal> kept = new ArrayList<>();

  /** Those that are not gone on with. */
  private final List<RunJournal> given = new ArrayList<>();

  /** Those of them of which something is left on this machine that couldn't be taken away. */
  private final Set<RunJournal> stuck = new HashSet<>();

  private @Nullable Resumable resumable;
  private boolean complete = true;

  /**
   * Prepares to look.
   *
   * @param part of the state, which belongs to one target
   * @param settings digest of this run's
   * @param location of the storage, as journals have it
   * @param whyNot why no run may be gone on with at all; empty if one may
   */
  Recovery(
      StateFolder state,
      StatePart part,
      Planning planning,
      String settings,
      String location,
      Optional<String> whyNot,
      Log log) {
    this.state = state;
    this.part = part;
    this.planning = planning;
    this.settings = settings;
    this.location = location;
    this.whyNot = whyNot;
    this.log = log;
  }

  /** Whether nothing is left of the runs that are not gone on with. */
  boolean isComplete() {
    return complete;
  }

  /** Reads the journals. To be called for all of a configuration's targets first. */
  void look() throws Failure {
    StatePart.Unfinished unfinished = part.unfinished();
    for (Path damaged : unfinished.damaged()) {
      log.error(
          "the journal of the run %1$s is damaged: snapshots of it may be left in the folders .plasma-snapshots (%1$s-*; delete them with: btrfs subvolume delete), and an incomplete archive in %2$s"
              .formatted(damaged.getFileName(), location));
      complete = false;
      part.forget(damaged);
    }
    found = unfinished.journals();
  }

  /**
   * Finds the run that can be gone on with, the latest if there are several, and takes away what
   * the others have on this machine: tempfiles, and snapshots that no other target needs.
   */
  void takeAwayLocal() throws Failure {
    for (RunJournal journal : found.reversed()) {
      if (journal.record().stage() == Stage.KEPT) {
        kept.add(journal);
        continue;
      }
      Optional<String> obstacle =
          resumable != null ? Optional.of("a later one is") : adopt(journal);
      if (obstacle.isPresent()) {
        log.info(
            "the run %s was cut off and is not gone on with (%s): what it has left is taken away"
                .formatted(journal.record().run(), obstacle.get()));
        giveUp(journal);
      }
    }
    if (kept.stream().anyMatch(this::takesNeededRoom)) {
      log.info(
          "the last run's snapshots take room on a filesystem that has hardly any: they are taken away");
      removeKept();
    }
  }

  private boolean takesNeededRoom(RunJournal journal) {
    try {
      SnapshotSet snapshots = SnapshotSet.adopt(JournalRecords.snapshots(journal.record()));
      try {
        return isSpaceLow(snapshots);
      } finally {
        snapshots.release();
      }
    } catch (Failure failure) {
      // It is told when they are to be taken away.
      return false;
    }
  }

  /** Makes it the run to go on with; else says why that can't be. */
  private Optional<String> adopt(RunJournal journal) throws Failure {
    RunRecord run = journal.record();
    Optional<ArchiveName> name = ArchiveName.parse(run.archive());
    if (whyNot.isPresent()) {
      return whyNot;
    }
    if (run.stage() == Stage.PUBLISHED) {
      return Optional.of("its archive is stored");
    }
    if (!run.settings().equals(settings) || name.isEmpty()) {
      return Optional.of("the settings, or this program, have changed");
    }
    List<Chunk> stored = journal.chunks();
    if (stored.isEmpty() || run.snapshots().isEmpty()) {
      return Optional.of("nothing that can be used was stored");
    }
    if (ArchiveName.isEncrypted(run.archive()) && journal.key().isEmpty()) {
      return Optional.of("what it was encrypted with is not known any more");
    }
    SnapshotSet snapshots;
    try {
      snapshots = SnapshotSet.adopt(JournalRecords.snapshots(run));
    } catch (Failure failure) {
      return Optional.of(failure.getMessage());
    }
    Optional<String> obstacle = Optional.empty();
    if (snapshots.snapshots().size() < run.snapshots().size()) {
      obstacle = Optional.of("not all of its snapshots are there any more");
    } else if (isSpaceLow(snapshots)) {
      obstacle = Optional.of("its snapshots take room on a filesystem that has hardly any");
    } else {
      try {
        Taken taken = new Taken(planning.again(run), snapshots, run.skew());
        resumable = new Resumable(journal, name.get(), taken, stored);
      } catch (IllegalArgumentException e) {
        obstacle = Optional.of("its journal makes no sense");
      }
    }
    if (obstacle.isPresent()) {
      snapshots.release();
    }
    return obstacle;
  }

  private static boolean isSpaceLow(SnapshotSet snapshots) throws Failure {
    for (Snapshot snapshot : snapshots.snapshots()) {
      try {
        if (SpaceCheck.isLow(snapshot.root())) {
          return true;
        }
      } catch (ErrnoException e) {
        throw new Failure(ExitCode.SNAPSHOT, e.getMessage(), e);
      }
    }
    return false;
  }

  /** Takes away the snapshots that were kept: there are newer ones, or an archive of such. */
  void removeKept() throws Failure {
    for (RunJournal journal : kept) {
      if (removeLocal(journal)) {
        journal.remove();
      } else {
        complete = false;
      }
    }
    kept.clear();
  }

  private void giveUp(RunJournal journal) throws Failure {
    given.add(journal);
    if (!removeLocal(journal)) {
      stuck.add(journal);
      complete = false;
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
    if (!part.sharesSnapshots(run.run(), state.parts())) {
      try {
        failures.addAll(SnapshotSet.adopt(JournalRecords.snapshots(run)).delete());
      } catch (Failure failure) {
        failures.add(failure);
      }
    }
    failures.forEach(failure -> log.error(failure.getMessage()));
    if (failures.isEmpty()) {
      journal.write(run.withTempfiles(List.of()).with(List.of(), Duration.ZERO));
    }
    return failures.isEmpty();
  }

  /**
   * Takes away what is in the storage. To be called after {@link #takeAwayLocal}.
   *
   * @return the run to go on with; its snapshots are the caller's from now on
   */
  Optional<Resumable> finish(Store store) throws Failure {
    Set<String> names = store.list().stream().map(StoredFile::name).collect(Collectors.toSet());
    Resumable candidate = resumable;
    if (candidate != null && names.contains(candidate.name().fileName())) {
      // It was cut off after its very last step.
      resumable = null;
      candidate.taken().snapshots().release();
      giveUp(candidate.journal());
    }
    for (RunJournal journal : given) {
      removeStored(journal.record(), store, names);
      if (!stuck.contains(journal)) {
        journal.remove();
      }
    }
    given.clear();
    candidate = resumable;
    resumable = null;
    return Optional.ofNullable(candidate);
  }

  /** In place of {@link #finish} where the storage isn't one of the configuration's any more. */
  void abandon() throws Failure {
    for (RunJournal journal : given) {
      tellOfStored(journal.record());
      if (!stuck.contains(journal)) {
        journal.remove();
      }
    }
    given.clear();
    removeKept();
  }

  private void tellOfStored(RunRecord run) {
    log.warn(
        "an incomplete %s may be left in %s, where archives went then; delete it there"
            .formatted(run.archive(), run.location()));
  }

  private void removeStored(RunRecord run, Store store, Set<String> names) throws Failure {
    String index = run.archive() + ArchiveName.INDEX_SUFFIX;
    if (!run.location().equals(location)) {
      tellOfStored(run);
      return;
    }
    if (names.contains(run.archive())) {
      log.info(
          "%s of the run that was cut off is stored and complete%s"
              .formatted(run.archive(), names.contains(index) ? "" : ", but without an index"));
    }
    store.discard(run.archive());
    store.discard(index);
  }

  /** Lets go of the run that nobody has gone on with; it can be gone on with the next time. */
  void release() {
    if (resumable != null) {
      resumable.taken().snapshots().release();
      resumable = null;
    }
  }
}
