package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.ArchiveWriter;
import io.plasmabackup.archive.IndexHeader;
import io.plasmabackup.archive.IndexHeader.SnapshotRecord;
import io.plasmabackup.archive.IndexWriter;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.RunRecord;
import io.plasmabackup.journal.Stage;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.snapshot.SnapshotSet;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FreeName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Tempfile;
import io.plasmabackup.store.Upload;
import io.plasmabackup.walk.EntryStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One backup, from the pre-commands to the post-commands. Whatever fails, what was made on the way
 * is taken away again: snapshots, partial files, the tempfile.
 */
final class BackupRun {

  private final Configuration configuration;

  /** As it was in the beginning: time, name and strategy stay, the rest may change. */
  private final Plan plan;

  private final StateFolder state;
  private final Storage storage;
  private final Interruption interruption;
  private final Log log;
  private final Hooks hooks;
  private final RunNotes notes;
  private final SnapshotTaker snapshotTaker;
  private final long start = System.nanoTime();

  /** What happened after the archive was stored; the first such thing decides how the run ends. */
  private ExitCode outcome = ExitCode.OK;

  private boolean leftBehind;
  private Interruption.Archive archive = Interruption.Archive.NOT_STORED;

  BackupRun(
      Configuration configuration,
      Planning planning,
      Plan plan,
      StateFolder state,
      Storage storage,
      Interruption interruption,
      Log log) {
    this.configuration = configuration;
    this.plan = plan;
    this.state = state;
    this.snapshotTaker = new SnapshotTaker(planning, log, plan.warnings());
    this.storage = storage;
    this.interruption = interruption;
    this.log = log;
    this.hooks = new Hooks(log);
    this.notes = new RunNotes(log);
  }

  /** An archive under its final name. */
  private record Published(ArchiveName name, ArchiveSummary summary) {}

  ExitCode run() throws Failure {
    Recovery recovery = new Recovery(storage.location(), log);
    recovery.removeLocal(state);
    hooks.before(configuration.executeBefore(), facts(Optional.empty()));
    Published published;
    try (Store store = storage.open()) {
      recovery.removeStored(store);
      published = backUp(store);
      rotate(store, published.name());
    }
    if (!hooks.after(configuration.executeAfter(), facts(Optional.of(published)))) {
      note(ExitCode.AFTER_HOOK);
    }
    if (!recovery.isComplete()) {
      note(ExitCode.CLEANUP);
    }
    return outcome;
  }

  /** What became of the archive so far. */
  Interruption.Archive archive() {
    return archive;
  }

  private void note(ExitCode exitCode) {
    if (outcome == ExitCode.OK) {
      outcome = exitCode;
    }
  }

  private Published backUp(Store store) throws Failure {
    interruption.check();
    ArchiveName name = FreeName.in(store, plan.time().toLocalDateTime(), ArchiveName.Suffix.TAR);
    RunJournal journal =
        state.begin(
            JournalRecords.begun(
                plan.runId(),
                plan.time(),
                Settings.digest(configuration),
                storage.location(),
                name.fileName()));
    Published published;
    try {
      published =
          configuration.tempfile().isPresent()
              ? throughTempfile(store, name, journal, Path.of(configuration.tempfile().get()))
              : streamed(store, name, journal);
    } catch (Failure failure) {
      end(journal, failure);
      throw failure;
    }
    end(journal, null);
    notes.finish();
    if (notes.changedFiles() > 0) {
      note(ExitCode.CHANGED_WHILE_READ);
    }
    report(store, published);
    return published;
  }

  /** Forgets the run, unless something of it is left that the next one has to take away. */
  private void end(RunJournal journal, @Nullable Failure failed) {
    try {
      if (leftBehind || (failed != null && failed.getSuppressed().length > 0)) {
        journal.close();
      } else {
        journal.remove();
      }
    } catch (Failure failure) {
      log.error(failure.getMessage());
      note(ExitCode.CLEANUP);
    }
  }

  private Published streamed(Store store, ArchiveName name, RunJournal journal) throws Failure {
    try (Upload archive = store.begin(name.fileName());
        Upload index = store.begin(name.indexName())) {
      IndexWriter indexWriter = new IndexWriter(index::write);
      ArchiveSummary summary = write(name, journal, archive::write, indexWriter);
      return publish(name, journal, summary, archive, index, indexWriter.sha256());
    }
  }

  /**
   * Completes archive and index locally first; they are uploaded when the snapshots are gone
   * already.
   */
  private Published throughTempfile(Store store, ArchiveName name, RunJournal journal, Path path)
      throws Failure {
    Tempfile archive = Tempfile.create(path);
    try {
      Tempfile index = Tempfile.create(Path.of(path + ArchiveName.INDEX_SUFFIX));
      try {
        journal.write(
            journal.record().withTempfiles(List.of(localFile(archive), localFile(index))));
        IndexWriter indexWriter = new IndexWriter(index::write);
        ArchiveSummary summary = write(name, journal, archive::write, indexWriter);
        try (Upload archiveUpload = store.begin(name.fileName());
            Upload indexUpload = store.begin(name.indexName());
            ProgressLine progress = ProgressLine.start(log, summary.bytes())) {
          archive.copyTo(archiveUpload, progress::stored);
          index.copyTo(indexUpload, bytes -> {});
          return publish(name, journal, summary, archiveUpload, indexUpload, indexWriter.sha256());
        }
      } finally {
        remove(index);
      }
    } finally {
      remove(archive);
    }
  }

  private static RunRecord.LocalFile localFile(Tempfile tempfile) throws Failure {
    return new RunRecord.LocalFile(tempfile.path().toString(), tempfile.identity());
  }

  private void remove(Tempfile tempfile) {
    try {
      tempfile.close();
    } catch (Failure failure) {
      leftBehind(failure);
    }
  }

  /** Something could not be taken away: the next run will try again. */
  private void leftBehind(Failure failure) {
    log.error(failure.getMessage());
    note(ExitCode.CLEANUP);
    leftBehind = true;
  }

  private Published publish(
      ArchiveName name,
      RunJournal journal,
      ArchiveSummary summary,
      Upload archive,
      Upload index,
      byte[] indexSha256)
      throws Failure {
    interruption.check();
    this.archive = Interruption.Archive.UNCERTAIN;
    archive.publish(summary.digest());
    this.archive = Interruption.Archive.STORED;
    try {
      journal.write(journal.record().at(Stage.PUBLISHED));
      index.publish(indexSha256);
    } catch (Failure failure) {
      log.error(failure.getMessage() + "; the archive itself is stored and complete");
      note(ExitCode.CLEANUP);
    }
    return new Published(name, summary);
  }

  /** Reads everything once, as it was at one point in time, into the two sinks. */
  private ArchiveSummary write(
      ArchiveName name, RunJournal journal, ArchiveSink archive, IndexWriter index) throws Failure {
    Taken taken = snapshotTaker.take(journal);
    SnapshotSet snapshots = taken.snapshots();
    Failure failed = null;
    try (Sources sources = Sources.of(taken.reading(), snapshots.snapshots())) {
      interruption.check();
      ArchiveSize size = measure(sources);
      log.info(
          "archiving %s, %s".formatted(Sizes.entries(size.members()), Sizes.exact(size.bytes())));
      try (EntryStream entries = new LoggedStream(sources.walk(notes), notes);
          ProgressLine progress = ProgressLine.start(log, size.bytes())) {
        return ArchiveWriter.write(
            entries, notes, header(name, snapshots), archive, index, progress);
      }
    } catch (Failure e) {
      failed = e;
      throw e;
    } finally {
      deleteSnapshots(snapshots, failed);
    }
  }

  private static ArchiveSize measure(Sources sources) throws Failure {
    try (EntryStream entries = sources.walk(RunNotes.NONE)) {
      return ArchiveSize.of(entries);
    }
  }

  private void deleteSnapshots(SnapshotSet snapshots, @Nullable Failure failed) {
    // A signal has done its work when it has ended the reading: cleaning up must not be cut short
    // by it.
    var _ = Thread.interrupted();
    for (Failure failure : snapshots.delete()) {
      if (failed != null) {
        failed.addSuppressed(failure);
      } else {
        leftBehind(failure);
      }
    }
  }

  private IndexHeader header(ArchiveName name, SnapshotSet snapshots) throws Failure {
    return new IndexHeader(
        name.fileName(),
        plan.runId(),
        host(),
        plan.time().toInstant(),
        plan.time().getZone(),
        plan.strategy().text(),
        configuration.folders(),
        snapshots.snapshots().stream()
            .map(snapshot ->
                new SnapshotRecord(
                    snapshot.plan().subvolume().toString(),
                    snapshot.info().parentUuid(),
                    snapshot.info().uuid(),
                    snapshot.info().generation(),
                    snapshot.info().createdIn(),
                    snapshot.info().created()))
            .toList(),
        snapshots.skew(),
        Build.version());
  }

  private static String host() throws Failure {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      throw new Failure(ExitCode.REFUSED, "cannot read the machine's name: " + e.getMessage(), e);
    }
  }

  private void report(Store store, Published published) {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
    ArchiveSummary summary = published.summary();
    double seconds = Math.max(elapsed.toMillis() / 1000.0, 0.001);
    log.info(
        String.format(
            Locale.ROOT,
            "stored %s in %s: %s, %s, %.1f s (%s/s), sha256 %s",
            published.name(),
            store.location(),
            Sizes.entries(summary.members()),
            Sizes.exact(summary.bytes()),
            seconds,
            Sizes.rounded((long) (summary.bytes() / seconds)),
            summary.sha256()));
  }

  private void rotate(Store store, ArchiveName published) {
    try {
      new RemoteRotation(log, plan.time().getZone()).rotate(store, published);
    } catch (Failure failure) {
      log.error(failure.getMessage() + "; the backup is stored all the same");
      note(ExitCode.ROTATION);
    }
  }

  /** Environment variables for the hooks; the README lists them. */
  private Map<String, String> facts(Optional<Published> published) {
    Map<String, String> facts = new HashMap<>();
    facts.put("PLASMA_RUN", plan.runId());
    facts.put("PLASMA_STRATEGY", plan.strategy().text());
    facts.put("PLASMA_STORAGE", storage.location());
    published.ifPresent(archive -> {
      facts.put("PLASMA_ARCHIVE", archive.name().fileName());
      facts.put("PLASMA_BYTES", Long.toString(archive.summary().bytes()));
      facts.put("PLASMA_SHA256", archive.summary().sha256());
      facts.put("PLASMA_RESULT", outcome.name().toLowerCase(Locale.ROOT));
    });
    return facts;
  }
}
