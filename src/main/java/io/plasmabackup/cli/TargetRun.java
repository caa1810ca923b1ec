package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.Changes;
import io.plasmabackup.archive.Work;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Target;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.journal.StatePart;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FreeName;
import io.plasmabackup.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One target's share in a run: an archive, new or gone on with, and the rotation of those that are
 * there. Whatever fails is this target's affair, and is logged.
 */
final class TargetRun {

  /** What else failing means when there is an archive. */
  static final String STORED_ALL_THE_SAME = "; the backup is stored all the same";

  private final Configuration configuration;
  private final Target target;
  private final String runId;
  private final ZonedDateTime time;
  private final StateFolder state;
  private final StatePart part;
  private final String settings;
  private final Storage storage;
  private final Recovery recovery;
  private final Interruption interruption;
  private final Log log;
  private final boolean resume;
  private final RunNotes notes;
  private final RunOutcome outcome;

  private Optional<Published> stored = Optional.empty();

  /**
   * Prepares it.
   *
   * @param resume whether it may go on with an earlier run's upload, and a later one with its own
   */
  TargetRun(
      Configuration configuration,
      Target target,
      Planning planning,
      String runId,
      ZonedDateTime time,
      StateFolder state,
      Interruption interruption,
      Log log,
      boolean resume)
      throws Failure {
    this.configuration = configuration;
    this.target = target;
    this.runId = runId;
    this.time = time;
    this.state = state;
    this.part = state.part(target.name());
    this.settings = Settings.digest(configuration, target);
    this.storage = new Storage(target, log);
    this.interruption = interruption;
    this.log = log;
    this.resume = resume;
    this.recovery =
        new Recovery(
            state,
            part,
            planning,
            settings,
            storage.location(),
            resume ? Optional.empty() : Optional.of("as --no-resume says"),
            log);
    this.notes = new RunNotes(log);
    this.outcome = new RunOutcome(log);
  }

  /** The target's; empty if it is the only one, and has none. */
  Optional<String> name() {
    return target.name();
  }

  /** Of the storage, for people. */
  String location() {
    return storage.location();
  }

  StatePart part() {
    return part;
  }

  Recovery recovery() {
    return recovery;
  }

  RunOutcome outcome() {
    return outcome;
  }

  /** The archive that it has stored, whatever came after; empty as long as there is none. */
  Optional<Published> stored() {
    return stored;
  }

  /**
   * Stores an archive, unless that fails.
   *
   * @param snapshots to make a new one of
   * @param done run when they aren't needed here any more
   */
  void run(RunSnapshots snapshots, Runnable done) {
    try (var _ = log.about(name())) {
      outcome.stages().enter(Stages.Stage.PREPARE);
      try {
        interruption.check();
        share(snapshots, done);
      } catch (Failure failure) {
        fail(failure);
      }
    }
  }

  private void share(RunSnapshots snapshots, Runnable done) throws Failure {
    try (Store store = storage.open()) {
      archive(store, snapshots);
      done.run();
      if (stored.isPresent()) {
        finish(store, stored.get());
      }
    }
  }

  private void fail(Failure failure) {
    Failure told = interruption.explain(failure, outcome.archive());
    outcome.fail(told);
    log.failure(told);
  }

  private void archive(Store store, RunSnapshots snapshots) throws Failure {
    Optional<Resumable> earlier = recovery.finish(store);
    if (earlier.isPresent()) {
      goOn(store, earlier.get());
      return;
    }
    interruption.check();
    ArchiveName name = FreeName.in(store, time.toLocalDateTime(), Settings.suffix(configuration));
    ArchiveJob job =
        new ArchiveJob(
            part.begin(
                JournalRecords.begun(runId, time, settings, storage.location(), name.fileName())),
            outcome);
    outcome.stages().enter(Stages.Stage.SNAPSHOT);
    make(() -> {
      Taken taken = snapshots.take(job);
      Archiver archiver = archiver(store, job, name);
      return configuration.tempfile().isPresent()
          ? archiver.throughTempfile(taken, Path.of(configuration.tempfile().get()))
          : archiver.stream(taken, List.of());
    });
  }

  /** Goes on with an upload that was cut off. */
  private void goOn(Store store, Resumable earlier) throws Failure {
    String run = earlier.journal().record().run();
    log.info("going on with the run %s, which was cut off".formatted(run));
    RunSnapshots snapshots =
        RunSnapshots.of(
            earlier.taken(),
            part.sharesSnapshots(run, state.parts()),
            configuration.options().keepLastSnapshot(),
            log);
    ArchiveJob job = new ArchiveJob(earlier.journal(), outcome);
    try {
      make(
          () -> archiver(store, job, earlier.name()).stream(snapshots.take(job), earlier.stored()));
    } finally {
      snapshots.end();
    }
  }

  /** How an archive comes about. */
  private interface Way {
    Published go() throws Failure;
  }

  /** Makes the archive; a failure is noted before anything is taken away. */
  private void make(Way way) {
    try {
      stored = Optional.of(way.go());
    } catch (Failure failure) {
      fail(failure);
    }
  }

  private Archiver archiver(Store store, ArchiveJob job, ArchiveName name) {
    return new Archiver(
        configuration,
        target,
        store,
        job.journal(),
        name,
        interruption,
        outcome,
        notes,
        log,
        resume);
  }

  private void finish(Store store, Published published) throws Failure {
    notes.finish();
    if (notes.changedFiles() > 0) {
      outcome.note(ExitCode.CHANGED_WHILE_READ);
    }
    report(store, published);
    recovery.removeKept();
    outcome.stages().enter(Stages.Stage.ROTATE);
    rotate(store, published.name());
  }

  private void report(Store store, Published published) {
    Duration elapsed =
        outcome.stages().times().values().stream().reduce(Duration.ZERO, Duration::plus);
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
                work.changes().map(TargetRun::shown).orElse(""),
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
      new RemoteRotation(log, time.getZone()).rotate(store, published);
    } catch (Failure failure) {
      log.error(failure.getMessage() + STORED_ALL_THE_SAME);
      outcome.note(ExitCode.ROTATION);
    }
  }
}
