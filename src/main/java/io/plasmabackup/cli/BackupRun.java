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
import io.plasmabackup.cli.Planning.Planned;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.snapshot.SnapshotSet;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Tempfile;
import io.plasmabackup.store.Upload;
import io.plasmabackup.walk.EntryStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One backup, from the pre-commands to the post-commands. Whatever fails, what was made on the way
 * is taken away again: snapshots, partial files, the tempfile.
 */
final class BackupRun {

  /** How often snapshots are taken again because of subvolumes that came or went meanwhile. */
  private static final int ATTEMPTS = 3;

  private final Configuration configuration;
  private final Planning planning;

  /** As it was in the beginning: time, name and strategy stay, the rest may change. */
  private final Plan plan;

  private final Storage storage;
  private final Interruption interruption;
  private final Log log;
  private final Hooks hooks;
  private final RunNotes notes;
  private final Set<String> warned = new HashSet<>();
  private final long start = System.nanoTime();

  /** What happened after the archive was stored; the first such thing decides how the run ends. */
  private ExitCode outcome = ExitCode.OK;

  private Interruption.Archive archive = Interruption.Archive.NOT_STORED;

  BackupRun(
      Configuration configuration,
      Planning planning,
      Plan plan,
      Storage storage,
      Interruption interruption,
      Log log) {
    this.configuration = configuration;
    this.planning = planning;
    this.plan = plan;
    plan.warnings().forEach(warned::add);
    this.storage = storage;
    this.interruption = interruption;
    this.log = log;
    this.hooks = new Hooks(log);
    this.notes = new RunNotes(log);
  }

  /** An archive under its final name. */
  private record Published(ArchiveName name, ArchiveSummary summary) {}

  ExitCode run() throws Failure {
    hooks.before(configuration.executeBefore(), facts(Optional.empty()));
    Published published;
    try (Store store = storage.open()) {
      published = backUp(store);
      rotate(store, published.name());
    }
    if (!hooks.after(configuration.executeAfter(), facts(Optional.of(published)))) {
      note(ExitCode.AFTER_HOOK);
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
    ArchiveName name = freeName(store);
    Published published =
        configuration.tempfile().isPresent()
            ? throughTempfile(store, name, Path.of(configuration.tempfile().get()))
            : streamed(store, name);
    notes.finish();
    if (notes.changedFiles() > 0) {
      note(ExitCode.CHANGED_WHILE_READ);
    }
    report(store, published);
    return published;
  }

  /** The run's name, with its seconds where another archive has the shorter one. */
  private ArchiveName freeName(Store store) throws Failure {
    Set<String> taken = store.list().stream().map(StoredFile::name).collect(Collectors.toSet());
    LocalDateTime time = plan.time().toLocalDateTime();
    for (ArchiveName name :
        List.of(
            ArchiveName.of(time, ArchiveName.Suffix.TAR),
            ArchiveName.withSeconds(time, ArchiveName.Suffix.TAR))) {
      if (!taken.contains(name.fileName()) && !taken.contains(name.indexName())) {
        return name;
      }
    }
    throw new Failure(
        ExitCode.STORAGE,
        store.location()
            + " has an archive of this very second already; start again, and see that no two machines use"
            + " one folder");
  }

  private Published streamed(Store store, ArchiveName name) throws Failure {
    try (Upload archive = store.begin(name.fileName());
        Upload index = store.begin(name.indexName())) {
      IndexWriter indexWriter = new IndexWriter(index::write);
      ArchiveSummary summary = write(name, archive::write, indexWriter);
      return publish(name, summary, archive, index, indexWriter.sha256());
    }
  }

  /**
   * Completes archive and index locally first; they are uploaded when the snapshots are gone
   * already.
   */
  private Published throughTempfile(Store store, ArchiveName name, Path path) throws Failure {
    Tempfile archive = Tempfile.create(path);
    try {
      Tempfile index = Tempfile.create(Path.of(path + ArchiveName.INDEX_SUFFIX));
      try {
        IndexWriter indexWriter = new IndexWriter(index::write);
        ArchiveSummary summary = write(name, archive::write, indexWriter);
        try (Upload archiveUpload = store.begin(name.fileName());
            Upload indexUpload = store.begin(name.indexName());
            ProgressLine progress = ProgressLine.start(log, summary.bytes())) {
          archive.copyTo(archiveUpload, progress::stored);
          index.copyTo(indexUpload, bytes -> {});
          return publish(name, summary, archiveUpload, indexUpload, indexWriter.sha256());
        }
      } finally {
        remove(index);
      }
    } finally {
      remove(archive);
    }
  }

  private void remove(Tempfile tempfile) {
    try {
      tempfile.close();
    } catch (Failure failure) {
      log.error(failure.getMessage());
      note(ExitCode.CLEANUP);
    }
  }

  private Published publish(
      ArchiveName name, ArchiveSummary summary, Upload archive, Upload index, byte[] indexSha256)
      throws Failure {
    interruption.check();
    this.archive = Interruption.Archive.UNCERTAIN;
    archive.publish(summary.digest());
    this.archive = Interruption.Archive.STORED;
    try {
      index.publish(indexSha256);
    } catch (Failure failure) {
      log.error(failure.getMessage() + "; the archive itself is stored and complete");
      note(ExitCode.CLEANUP);
    }
    return new Published(name, summary);
  }

  /** Reads everything once, as it was at one point in time, into the two sinks. */
  private ArchiveSummary write(ArchiveName name, ArchiveSink archive, IndexWriter index)
      throws Failure {
    Taken taken = takeSnapshots();
    SnapshotSet snapshots = taken.snapshots();
    Failure failed = null;
    try (Sources sources = Sources.of(taken.planned(), snapshots.snapshots())) {
      logSnapshots(snapshots);
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

  /** The snapshots, and the plan by which they were made. */
  private record Taken(Planned planned, SnapshotSet snapshots) {}

  /**
   * Takes snapshots of what is there now. As subvolumes come and go, it looks again afterwards:
   * what came just before the snapshots isn't in them.
   */
  private Taken takeSnapshots() throws Failure {
    for (int attempt = 1; ; attempt++) {
      Planned planned = planning.plan();
      planned.plan().warnings().stream().filter(warned::add).forEach(log::warn);
      SnapshotSet snapshots;
      try {
        snapshots = SnapshotSet.create(planned.plan().snapshots());
      } catch (Failure failure) {
        if (attempt < ATTEMPTS && !planned.plan().readsTheSameAs(planning.plan().plan())) {
          continue;
        }
        throw failure;
      }
      Failure changed = null;
      try {
        Planned later = planning.plan();
        if (planned.plan().readsTheSameAs(later.plan())) {
          return new Taken(planned.leavingOutAlso(later), snapshots);
        }
        if (attempt == ATTEMPTS) {
          changed =
              new Failure(
                  ExitCode.SNAPSHOT,
                  "subvolumes or mounts came or went each time that snapshots were made ("
                      + ATTEMPTS
                      + " times); no backup was made, start again when it is quieter");
        }
      } catch (Failure failure) {
        changed = failure;
      } catch (RuntimeException defect) {
        deleteSnapshots(snapshots, null);
        throw defect;
      }
      deleteSnapshots(snapshots, changed);
      if (changed != null) {
        throw changed;
      }
    }
  }

  private void logSnapshots(SnapshotSet set) {
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

  private void deleteSnapshots(SnapshotSet snapshots, @Nullable Failure failed) {
    // A signal has done its work when it has ended the reading: cleaning up must not be cut short
    // by it.
    var _ = Thread.interrupted();
    for (Failure failure : snapshots.delete()) {
      if (failed != null) {
        failed.addSuppressed(failure);
      } else {
        log.error(failure.getMessage());
        note(ExitCode.CLEANUP);
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
