package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.age.Payload;
import io.plasmabackup.age.PayloadKey;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.ArchiveWriter;
import io.plasmabackup.archive.IndexCompleter;
import io.plasmabackup.archive.IndexHeader;
import io.plasmabackup.archive.IndexHeader.SnapshotRecord;
import io.plasmabackup.archive.IndexWriter;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.config.ChangeDetection;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ReadBack;
import io.plasmabackup.config.Reflink;
import io.plasmabackup.config.Ssh;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.config.Target;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.RunRecord;
import io.plasmabackup.journal.Stage;
import io.plasmabackup.restore.CopiedArchive;
import io.plasmabackup.snapshot.SnapshotSet;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.Destination;
import io.plasmabackup.store.PartialLost;
import io.plasmabackup.store.SourceLost;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Tempfile;
import io.plasmabackup.store.Upload;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.TreeWalk.Detail;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings one archive, with its index, into a store: from snapshots that are made to the names that
 * count. What it can't bring to its end it either leaves so that a later run can go on with it, or
 * takes away.
 */
final class Archiver {

  /** How often an upload is begun before it is given up because the storage loses it each time. */
  private static final int ATTEMPTS = 3;

  /** After these, it is the line or the storage that failed, not what is read. */
  private static final Set<ExitCode> WORTH_ANOTHER_RUN =
      Set.of(ExitCode.STORAGE, ExitCode.CONNECTION, ExitCode.INTERRUPTED);

  private final Configuration configuration;
  private final Target target;
  private final Packing packing;
  private final Store store;
  private final RunJournal journal;
  private final ArchiveName name;
  private final Interruption interruption;
  private final RunOutcome outcome;
  private final RunNotes notes;
  private final Log log;
  private final boolean mayBeSuspended;
  private final Encryption encryption;

  /**
   * Prepares to archive.
   *
   * @param journal of the run
   * @param mayBeSuspended whether a later run may go on with an upload that is cut off
   */
  Archiver(
      Configuration configuration,
      Target target,
      Store store,
      RunJournal journal,
      ArchiveName name,
      Interruption interruption,
      RunOutcome outcome,
      RunNotes notes,
      Log log,
      boolean mayBeSuspended) {
    this.configuration = configuration;
    this.target = target;
    this.packing = Settings.packing(configuration);
    this.store = store;
    this.journal = journal;
    this.name = name;
    this.interruption = interruption;
    this.outcome = outcome;
    this.notes = notes;
    this.log = log;
    this.encryption = new Encryption(configuration.recipients(), journal, log);
    this.mayBeSuspended = mayBeSuspended && configuration.strategy() == Strategy.BTRFS_SNAPSHOT;
  }

  /**
   * Streams everything into the store.
   *
   * @param taken the snapshots, which stay the caller's
   * @param known what the store has of it already, from an earlier run; or nothing
   */
  Published stream(Taken taken, List<Chunk> known) throws Failure {
    outcome.stages().enter(Stages.Stage.SURVEY);
    if (encryption.isOn()
        && configuration.strategy() == Strategy.BTRFS_SNAPSHOT
        && configuration.options().changeDetection() == ChangeDetection.AUTO) {
      log.info(
          "everything is read and sent, as archives are encrypted, each with a key of its own: nothing in one"
              + " can be copied from another");
    }
    // What is gone on with is compared as a whole in the end.
    try (Earlier earlier =
            known.isEmpty() && !encryption.isOn()
                ? Earlier.find(store, configuration, packing, host(), journal.record().time(), log)
                : Earlier.NONE;
        Sources sources =
            Sources.of(taken.reading(), taken.snapshots().snapshots(), earlier.archive())) {
      interruption.check();
      ArchiveSize size = size(earlier, sources);
      outcome.stages().enter(Stages.Stage.ARCHIVE);
      List<Chunk> stored = known;
      for (int attempt = 1; ; attempt++) {
        try {
          return upload(taken, sources, size, stored, attempt, earlier);
        } catch (PartialLost lost) {
          if (attempt == ATTEMPTS) {
            throw lost;
          }
          log.warn(lost.getMessage() + "; the upload starts over");
          // It may be what was copied that is not as it should be.
          earlier.drop();
          stored = List.of();
        } catch (SourceLost lost) {
          log.warn(lost.getMessage() + "; the upload starts over, and everything is read");
          earlier.drop();
          stored = List.of();
        }
      }
    }
  }

  private Published upload(
      Taken taken,
      Sources sources,
      ArchiveSize size,
      List<Chunk> known,
      int attempt,
      Earlier earlier)
      throws Failure {
    outcome.archive(Interruption.Archive.NOT_STORED);
    if (attempt > 1 || !known.isEmpty()) {
      store.discard(name.indexName());
    }
    try (Upload archive = begin(known, attempt);
        Upload index = store.begin(name.indexName())) {
      SharingSink sink = sink(archive, taken, earlier.copied());
      boolean shares = !sink.devices().isEmpty();
      boolean goesOn = archive.resumedAt() > 0;
      // Blocks that are shared with the files cost no more than copies.
      Earlier used = shares ? Earlier.NONE : earlier;
      earlier.tell(shares, log);
      if (used.copied().isPresent()) {
        archive.prepareCopies(used.copied().get().bytes());
      }
      ConfirmedSegments confirmed = new ConfirmedSegments(archive, journal, known, log);
      if (packing.level().isEmpty()) {
        requireSpace(
            stored(size.withoutShared(sink.devices()))
                - archive.resumedAt()
                - used.mayTakeNoSpace());
      }
      log.info(
          "archiving %s, %s%s"
              .formatted(
                  (earlier.copied().isPresent() && packing.level().isPresent() ? "about " : "")
                      + Sizes.entries(size.members()),
                  shown(size),
                  archive.resumedAt() > 0
                      ? "; " + Sizes.exact(archive.resumedAt()) + " are stored already"
                      : ""));
      try {
        ArchiveSink indexSink = encryption.ofIndex(index::write);
        IndexWriter indexWriter = new IndexWriter(indexSink, outcome.stages()::times);
        // What is encrypted is confirmed, and compared, as it is stored.
        ArchiveSink written =
            encryption.isOn()
                ? encryption.ofArchive(sink, goesOn, mayBeSuspended, confirmed)
                : sink;
        SampledSegments samples =
            new SampledSegments(shares || encryption.isOn() ? SegmentListener.NONE : confirmed);
        ArchiveSummary summary =
            write(taken, sources, size, attempt, used, written, indexWriter, samples);
        used.copied()
            .ifPresent(source ->
                log.info(
                    "%s were copied from %s%s"
                        .formatted(
                            Sizes.exact(summary.copiedBytes()),
                            source.name(),
                            archive.clonedBytes() == 0
                                ? ""
                                : " (%s of them share its blocks)"
                                    .formatted(Sizes.exact(archive.clonedBytes())))));
        return publish(
            summary,
            used.copied().map(CopiedArchive::name),
            archive,
            samples.chosen(),
            index,
            digest(indexSink, indexWriter));
      } catch (Failure failure) {
        // What shares blocks has no digests to go on with, and is soon made anew.
        if (shares || !isWorthAnotherRun(failure, archive)) {
          throw failure;
        }
        // A signal has done its work: what is stored is to be noted.
        var _ = Thread.interrupted();
        confirmed.noteConfirmed();
        archive.suspend();
        index.suspend();
        throw suspended(failure, archive);
      }
    }
  }

  /** Of the index as it is stored. */
  private static byte[] digest(ArchiveSink sink, IndexWriter index) throws Failure {
    return sink.end().map(file -> HexFormat.of().parseHex(file.sha256())).orElseGet(index::sha256);
  }

  /** Bytes that so many take, at most. */
  private long stored(long bytes) {
    return encryption.isOn() ? PayloadKey.LONGEST_HEADER + Payload.stored(bytes) : bytes;
  }

  /** Knows whether blocks are shared; where not, it takes bytes only. */
  private SharingSink sink(Destination destination, Taken taken, Optional<CopiedArchive> earlier)
      throws Failure {
    boolean mayShare =
        packing.level().isEmpty()
            && configuration.options().reflink() == Reflink.AUTO
            && !encryption.isOn();
    return SharingSink.of(
        destination, mayShare ? taken.snapshots().snapshots() : List.of(), earlier);
  }

  /** Only what this run, or the one that it goes on with, has stored is ever discarded. */
  private Upload begin(List<Chunk> known, int attempt) throws Failure {
    if (!known.isEmpty()) {
      if (target.ssh().map(Ssh::readBack).equals(Optional.of(ReadBack.ALL))) {
        log.info("reading back what is stored: " + Sizes.exact(known.getLast().end()) + " at most");
      }
      Optional<Upload> resumed = store.resume(name.fileName(), known);
      if (resumed.isPresent()) {
        return resumed.get();
      }
      log.warn(
          "what is stored of "
              + name
              + " is not what the run that was cut off had stored; the upload starts over");
    }
    if (attempt > 1 || !known.isEmpty()) {
      store.discard(name.fileName());
    }
    return store.begin(name.fileName());
  }

  private void requireSpace(long bytes) throws Failure {
    OptionalLong free = store.free();
    if (free.isPresent() && free.getAsLong() < bytes) {
      throw new Failure(
          ExitCode.STORAGE,
          "%s is too full: %s are free, and %s are to be stored; nothing was stored, make room there, or let the policy of plasma-rotate keep less"
              .formatted(store.location(), Sizes.exact(free.getAsLong()), Sizes.exact(bytes)));
    }
  }

  private boolean isWorthAnotherRun(Failure failure, Upload archive) {
    return mayBeSuspended
        && encryption.canBeGoneOnWith()
        && archive.acknowledged() > 0
        && outcome.archive() != Interruption.Archive.STORED
        && WORTH_ANOTHER_RUN.contains(failure.exitCode())
        && !(failure instanceof PartialLost)
        && !(failure instanceof SourceLost);
  }

  private Failure suspended(Failure failure, Upload archive) {
    outcome.archive(Interruption.Archive.SUSPENDED);
    Failure told =
        new Failure(
            failure.exitCode(),
            "%s; the snapshots and the %s that are stored are kept, and the next run goes on with them"
                .formatted(failure.getMessage(), Sizes.exact(archive.acknowledged())),
            failure);
    for (Throwable suppressed : failure.getSuppressed()) {
      told.addSuppressed(suppressed);
    }
    return told;
  }

  /**
   * Completes archive and index locally first; they are uploaded when the snapshots are gone
   * already, which are deleted here.
   */
  Published throughTempfile(Taken taken, Path path) throws Failure {
    Path indexPath = Path.of(path + ArchiveName.INDEX_SUFFIX);
    Tempfile archive;
    try {
      journal.write(
          journal.record().withTempfiles(List.of(aboutToBeMade(path), aboutToBeMade(indexPath))));
      archive = Tempfile.create(path);
    } catch (Failure failure) {
      delete(taken.snapshots(), failure);
      throw failure;
    }
    try {
      Tempfile index = indexTempfile(taken, indexPath);
      try {
        ArchiveSink indexSink = encryption.ofIndex(index::write);
        IndexWriter indexWriter = new IndexWriter(indexSink, outcome.stages()::times);
        ArchiveSummary summary = complete(taken, archive, index, indexWriter);
        byte[] indexSha256 = digest(indexSink, indexWriter);
        requireSpace(summary.storedBytes());
        try (Upload archiveUpload = store.begin(name.fileName());
            Upload indexUpload = store.begin(name.indexName());
            ProgressLine progress = ProgressLine.start(log, summary.storedBytes())) {
          if (summary.sha256().isPresent()) {
            pass(archive, archiveUpload, archive.size(), seen -> {}, progress);
            index.copyTo(indexUpload, 0, index.size(), seen -> {});
            return publish(
                summary, Optional.empty(), archiveUpload, List.of(), indexUpload, indexSha256);
          }
          IndexCompleter completer =
              new IndexCompleter(
                  (length, seen) -> pass(archive, archiveUpload, length, seen, progress));
          ArchiveSummary complete = completer.complete(index.read(), indexUpload::write, summary);
          return publish(
              complete,
              Optional.empty(),
              archiveUpload,
              List.of(),
              indexUpload,
              completer.sha256());
        }
      } finally {
        remove(index);
      }
    } finally {
      remove(archive);
    }
  }

  /** Uploads the next bytes of a tempfile. */
  private static void pass(
      Tempfile from, Upload upload, long length, Consumer<ByteBuffer> seen, ProgressLine progress)
      throws Failure {
    long start = upload.position();
    from.copyTo(
        upload,
        start,
        start + length,
        piece -> {
          progress.packed(upload.position() + piece.remaining());
          seen.accept(piece);
        });
  }

  private Tempfile indexTempfile(Taken taken, Path path) throws Failure {
    try {
      return Tempfile.create(path);
    } catch (Failure failure) {
      delete(taken.snapshots(), failure);
      throw failure;
    }
  }

  private ArchiveSummary complete(
      Taken taken, Tempfile archive, Tempfile index, IndexWriter indexWriter) throws Failure {
    Failure failed = null;
    try (Sources sources = Sources.of(taken.reading(), taken.snapshots().snapshots())) {
      journal.write(journal.record().withTempfiles(List.of(localFile(archive), localFile(index))));
      interruption.check();
      ArchiveSize size = measure(sources);
      outcome.stages().enter(Stages.Stage.ARCHIVE);
      log.info("archiving %s, %s".formatted(Sizes.entries(size.members()), shown(size)));
      SharingSink sink = sink(archive, taken, Optional.empty());
      return write(
          taken,
          sources,
          size,
          1,
          Earlier.NONE,
          encryption.isOn() ? encryption.ofArchive(sink) : sink,
          indexWriter,
          SegmentListener.NONE);
    } catch (Failure e) {
      failed = e;
      throw e;
    } finally {
      delete(taken.snapshots(), failed);
    }
  }

  private static RunRecord.LocalFile aboutToBeMade(Path path) {
    return new RunRecord.LocalFile(path.toString(), Optional.empty());
  }

  private static RunRecord.LocalFile localFile(Tempfile tempfile) throws Failure {
    return new RunRecord.LocalFile(tempfile.path().toString(), Optional.of(tempfile.identity()));
  }

  private void remove(Tempfile tempfile) {
    try {
      tempfile.close();
    } catch (Failure failure) {
      outcome.leftBehind(failure);
    }
  }

  private String shown(ArchiveSize size) {
    return Sizes.exact(size.bytes()) + (packing.level().isPresent() ? " before compression" : "");
  }

  /**
   * About as large as the one that has most of it already, if it doesn't matter whether there is
   * room; else just what is there.
   */
  private ArchiveSize size(Earlier earlier, Sources sources) throws Failure {
    Optional<CopiedArchive> archive = earlier.copied();
    return archive.isPresent() && packing.level().isPresent()
        ? new ArchiveSize(archive.get().segments().tarBytes(), archive.get().members(), 0, Map.of())
        : measure(sources);
  }

  private ArchiveSize measure(Sources sources) throws Failure {
    try (EntryStream entries = sources.walk(RunNotes.NONE, Detail.STATUS)) {
      return ArchiveSize.of(entries, packing);
    }
  }

  /** Reads everything, as it was at one point in time, into the two sinks. */
  private ArchiveSummary write(
      Taken taken,
      Sources sources,
      ArchiveSize size,
      int attempt,
      Earlier earlier,
      ArchiveSink archive,
      IndexWriter index,
      SegmentListener listener)
      throws Failure {
    // What is left out is told once.
    try (EntryStream entries =
            attempt == 1
                ? new LoggedStream(sources.walk(notes, Detail.DATA), notes)
                : sources.walk(RunNotes.NONE, Detail.DATA);
        ProgressLine progress = ProgressLine.start(log, size.bytes())) {
      return ArchiveWriter.write(
          entries,
          notes,
          header(taken, earlier.copied()),
          packing,
          earlier.segments(configuration.folders(), outcome, log),
          archive,
          index,
          listener,
          progress);
    }
  }

  private IndexHeader header(Taken taken, Optional<CopiedArchive> earlier) throws Failure {
    RunRecord run = journal.record();
    return new IndexHeader(
        name.fileName(),
        run.run(),
        host(),
        run.time(),
        run.zone(),
        configuration.strategy().text(),
        configuration.folders(),
        taken.snapshots().snapshots().stream()
            .map(snapshot ->
                new SnapshotRecord(
                    snapshot.plan().subvolume().toString(),
                    snapshot.info().parentUuid(),
                    snapshot.info().uuid(),
                    snapshot.info().generation(),
                    snapshot.info().createdIn(),
                    snapshot.info().created()))
            .toList(),
        taken.skew(),
        earlier.map(CopiedArchive::read).orElse(run.time()),
        earlier.map(archive -> archive.name().fileName()),
        Build.version());
  }

  private static String host() throws Failure {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      throw new Failure(ExitCode.REFUSED, "cannot read the machine's name: " + e.getMessage(), e);
    }
  }

  private Published publish(
      ArchiveSummary summary,
      Optional<ArchiveName> copiedFrom,
      Upload archive,
      List<Chunk> samples,
      Upload index,
      byte[] indexSha256)
      throws Failure {
    interruption.check();
    outcome.stages().enter(Stages.Stage.PUBLISH);
    outcome.archive(Interruption.Archive.UNCERTAIN);
    if (summary.digest().isPresent()) {
      archive.publish(summary.digest().get());
    } else if (summary.copiedBytes() > 0) {
      archive.publish(samples);
    } else {
      archive.publish();
    }
    outcome.archive(Interruption.Archive.STORED);
    try {
      journal.write(journal.record().at(Stage.PUBLISHED));
      if (encryption.isOn()) {
        journal.forgetKey();
      }
      index.publish(indexSha256);
    } catch (Failure failure) {
      log.error(failure.getMessage() + "; the archive itself is stored and complete");
      outcome.note(ExitCode.CLEANUP);
    }
    return new Published(name, summary, index.position(), copiedFrom);
  }

  private void delete(SnapshotSet snapshots, @Nullable Failure failed) {
    // A signal has done its work when it has ended the reading: cleaning up must not be cut short
    // by it.
    var _ = Thread.interrupted();
    for (Failure failure : snapshots.delete()) {
      if (failed != null) {
        failed.addSuppressed(failure);
      } else {
        outcome.leftBehind(failure);
      }
    }
  }
}
