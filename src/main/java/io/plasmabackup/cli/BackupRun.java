package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.Changes;
import io.plasmabackup.archive.Work;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.Stage;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FreeName;
import io.plasmabackup.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One backup, from the pre-commands to the post-commands. Whatever fails, what was made on the way
 * is taken away again, unless a later run can go on with it: snapshots, partial files, the
 * tempfile.
 */
final class BackupRun {

  private static final String STORED_ALL_THE_SAME = "; the backup is stored all the same";

  private final Configuration configuration;
  private final Planning planning;

  /** As it was in the beginning: time, name and strategy stay, the rest may change. */
  private final Plan plan;

  private final StateFolder state;
  private final Storage storage;
  private final Interruption interruption;
  private final Log log;
  private final boolean resume;
  private final Hooks hooks;
  private final RunNotes notes;
  private final RunOutcome outcome;
  private final HookFacts facts;
  private final long start = System.nanoTime();

  private Optional<Published> done = Optional.empty();

  /**
   * Prepares a run.
   *
   * @param outcome to be told what happens
   * @param facts for the hooks
   * @param resume whether it may go on with an earlier run's upload, and a later one with its own
   */
  BackupRun(
      Configuration configuration,
      Planning planning,
      Plan plan,
      StateFolder state,
      Storage storage,
      Interruption interruption,
      RunOutcome outcome,
      HookFacts facts,
      Log log,
      boolean resume) {
    this.configuration = configuration;
    this.planning = planning;
    this.plan = plan;
    this.state = state;
    this.storage = storage;
    this.interruption = interruption;
    this.log = log;
    this.resume = resume;
    this.hooks = new Hooks(log);
    this.notes = new RunNotes(log);
    this.outcome = outcome;
    this.facts = facts;
  }

  ExitCode run() throws Failure {
    Recovery recovery =
        new Recovery(planning, Settings.digest(configuration), storage.location(), resume, log);
    Published published;
    try {
      recovery.lookAround(state);
      hooks.before(configuration.executeBefore(), facts.beforehand());
      try (Store store = storage.open()) {
        Optional<Resumable> earlier = recovery.finish(store);
        published = earlier.isPresent() ? goOn(store, earlier.get()) : backUp(store);
        recovery.removeKept();
        outcome.stages().enter(Stages.Stage.ROTATE);
        rotate(store, published.name());
        outcome.stages().enter(Stages.Stage.AFTER);
      }
    } finally {
      recovery.release();
    }
    if (!hooks.all(
        "executeAfter",
        configuration.executeAfter(),
        facts.stored(published, outcome.exitCode()),
        STORED_ALL_THE_SAME)) {
      outcome.note(ExitCode.AFTER_HOOK);
    }
    if (!recovery.isComplete()) {
      outcome.note(ExitCode.CLEANUP);
    }
    return outcome.exitCode();
  }

  /** The archive that it has stored, whatever came after; empty as long as there is none. */
  Optional<Published> stored() {
    return done;
  }

  private Published backUp(Store store) throws Failure {
    interruption.check();
    ArchiveName name =
        FreeName.in(store, plan.time().toLocalDateTime(), Settings.suffix(configuration));
    RunJournal journal =
        state.begin(
            JournalRecords.begun(
                plan.runId(),
                plan.time(),
                Settings.digest(configuration),
                storage.location(),
                name.fileName()));
    return archive(
        store,
        journal,
        name,
        archiver -> {
          outcome.stages().enter(Stages.Stage.SNAPSHOT);
          Taken taken = new SnapshotTaker(planning, log, plan.warnings()).take(journal);
          return configuration.tempfile().isPresent()
              ? archiver.throughTempfile(taken, Path.of(configuration.tempfile().get()))
              : archiver.stream(taken, List.of());
        });
  }

  /** Goes on with an upload that was cut off. */
  private Published goOn(Store store, Resumable earlier) throws Failure {
    log.info(
        "going on with the run %s, which was cut off".formatted(earlier.journal().record().run()));
    return archive(
        store,
        earlier.journal(),
        earlier.name(),
        archiver -> archiver.stream(earlier.taken(), earlier.stored()));
  }

  /** How an archive comes about. */
  private interface Way {
    Published go(Archiver archiver) throws Failure;
  }

  private Published archive(Store store, RunJournal journal, ArchiveName name, Way way)
      throws Failure {
    Published published;
    try {
      published =
          way.go(
              new Archiver(
                  configuration, store, journal, name, interruption, outcome, notes, log, resume));
    } catch (Failure failure) {
      end(journal, failure);
      throw failure;
    }
    done = Optional.of(published);
    end(journal, null);
    notes.finish();
    if (notes.changedFiles() > 0) {
      outcome.note(ExitCode.CHANGED_WHILE_READ);
    }
    report(store, published);
    return published;
  }

  /** Forgets the run, unless the next one has to go on with it, or to take something away. */
  private void end(RunJournal journal, @Nullable Failure failed) {
    try {
      if (outcome.archive() == Interruption.Archive.SUSPENDED
          || outcome.isSomethingLeftBehind()
          || (failed != null && failed.getSuppressed().length > 0)) {
        journal.close();
      } else if (outcome.areSnapshotsKept()) {
        journal.write(journal.record().at(Stage.KEPT));
        journal.close();
        log.info("the snapshots are kept until the next run has stored its archive");
      } else {
        journal.remove();
      }
    } catch (Failure failure) {
      outcome.leftBehind(failure);
    }
  }

  private void report(Store store, Published published) {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
    ArchiveSummary summary = published.summary();
    double seconds = Math.max(elapsed.toMillis() / 1000.0, 0.001);
    log.info(
        String.format(
            Locale.ROOT,
            "stored %s in %s: %s, %s%s, %.1f s (%s/s), %s",
            published.name(),
            store.location(),
            Sizes.entries(summary.members()),
            Sizes.exact(summary.storedBytes()),
            summary.bytes() == summary.tarBytes()
                ? ""
                : " of " + Sizes.rounded(summary.tarBytes()) + " before compression",
            seconds,
            Sizes.rounded((long) (summary.tarBytes() / seconds)),
            summary
                .storedSha256()
                .map(sha256 -> "sha256 " + sha256)
                .orElseGet(() ->
                    summary.copiedBytes() > 0
                        ? "%s copied: no sha256".formatted(Sizes.rounded(summary.copiedBytes()))
                        : "%s shared with the files and not read: no sha256"
                            .formatted(Sizes.rounded(summary.sharedBytes())))));
    Work work = summary.work();
    log.info(
        "%s%s read, %s packed, %s sent"
            .formatted(
                work.changes().map(BackupRun::shown).orElse(""),
                Sizes.rounded(work.readBytes()),
                Sizes.rounded(work.packedBytes()),
                Sizes.rounded(work.sentBytes() + published.indexBytes())));
    log.info(
        outcome.stages().times().entrySet().stream()
            .map(stage -> "%s %.2f s".formatted(stage.getKey(), stage.getValue().toNanos() / 1e9))
            .collect(Collectors.joining(", ")));
  }

  private static String shown(Changes changes) {
    return "%,d added, %,d changed, %,d removed; "
        .formatted(changes.added(), changes.changed(), changes.removed());
  }

  private void rotate(Store store, ArchiveName published) {
    try {
      new RemoteRotation(log, plan.time().getZone()).rotate(store, published);
    } catch (Failure failure) {
      log.error(failure.getMessage() + STORED_ALL_THE_SAME);
      outcome.note(ExitCode.ROTATION);
    }
  }
}
