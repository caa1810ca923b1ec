package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Entries → archive and index, as a pipeline: the calling thread lays out segment after segment,
 * the packers' threads pack them side by side, and one more stores them in their order. A fixed
 * number of buffers circulates between them, so that all wait for the slowest, and memory doesn't
 * depend on what is archived.
 */
public final class ArchiveWriter {

  /** How long a segment under way may take to be stored when the archive is given up. */
  private static final int PATIENCE_SECONDS = 1;

  private static final int WAIT_MILLIS = 100;

  private final PackingCrew crew;
  private final EarlierArchive earlier;

  /**
   * Segments in their order, packed or about to be, or to be copied. Has room for one for each
   * buffer and the end.
   */
  private final BlockingQueue<Ordered> inOrder;

  /** Set when the calling thread wants no more to be stored. */
  private volatile boolean abandoned;

  /** What is stored next. */
  private sealed interface Ordered {

    record Packed(Future<PackedSegment> segment) implements Ordered {}

    @SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
    record Copied(Segment segment, byte[] key, StoredSegment there) implements Ordered {}

    record End() implements Ordered {}
  }

  private ArchiveWriter(PackingCrew crew, EarlierArchive earlier) {
    this.crew = crew;
    this.earlier = earlier;
    this.inOrder = new ArrayBlockingQueue<>(crew.buffers() + 1);
  }

  /**
   * Writes one archive. When this returns, all of it has been handed to the sinks; whether it has
   * arrived is theirs to say. The sinks are used by another thread, but not after this has returned
   * or thrown.
   *
   * @param entries read to their end, not closed
   * @param earlier of which segments are copied, or compared, that are the same; made by the same
   *     {@code packing}
   */
  public static ArchiveSummary write(
      EntryStream entries,
      Notes notes,
      IndexHeader header,
      Packing packing,
      EarlierArchive earlier,
      ArchiveSink archive,
      IndexWriter index,
      SegmentListener listener,
      Progress progress)
      throws Failure {
    Container container = packing.container();
    StoreStage stage =
        new StoreStage(container, archive, earlier.members(), index, listener, progress);
    try (PackingCrew crew =
        new PackingCrew(
            container,
            packing.workers(),
            device -> container.holdsFilesAsTheyAre() && archive.sharesWith(device),
            notes)) {
      return new ArchiveWriter(crew, earlier).run(entries, header, stage);
    }
  }

  private ArchiveSummary run(EntryStream entries, IndexHeader header, StoreStage stage)
      throws Failure {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(task -> new Thread(task, "plasma-store"));
    try {
      Segmenter segmenter = new Segmenter(entries);
      Future<ArchiveSummary> storing = thread.submit(() -> storeAll(header, stage, segmenter));
      for (Segment segment = segmenter.next(); segment != null; segment = segmenter.next()) {
        put(next(segment, storing), storing);
      }
      put(new Ordered.End(), storing);
      return result(storing);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal; nothing was published", e);
    } finally {
      abandoned = true;
      crew.stop();
      inOrder.clear();
      inOrder.add(new Ordered.End());
      awaitEnd(thread);
    }
  }

  private Ordered next(Segment segment, Future<ArchiveSummary> storing)
      throws InterruptedException, Failure {
    if (earlier.isCopied() && !crew.mayChange(segment)) {
      byte[] key = SegmentKey.of(segment);
      Optional<StoredSegment> there = earlier.find(segment, key);
      if (there.isPresent()) {
        return new Ordered.Copied(segment, key, there.get());
      }
    }
    while (!crew.awaitBuffer()) {
      throwIfOver(storing);
    }
    return new Ordered.Packed(crew.pack(segment));
  }

  private void put(Ordered next, Future<ArchiveSummary> storing)
      throws InterruptedException, Failure {
    while (!inOrder.offer(next, WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
      throwIfOver(storing);
    }
  }

  /** Only a failure can end storing before its end was announced. */
  private static void throwIfOver(Future<ArchiveSummary> storing)
      throws InterruptedException, Failure {
    if (storing.isDone()) {
      result(storing);
      throw new IllegalStateException("storing ended before its end was announced");
    }
  }

  private ArchiveSummary storeAll(IndexHeader header, StoreStage stage, Segmenter segmenter)
      throws Failure, InterruptedException {
    stage.begin(header);
    for (Ordered next = inOrder.take(); !(next instanceof Ordered.End); next = inOrder.take()) {
      switch (next) {
        case Ordered.Packed(Future<PackedSegment> segment) -> {
          PackedSegment packed = result(segment);
          earlier.compare(packed);
          stage.store(packed);
          crew.giveBack(packed);
        }
        case Ordered.Copied copied -> stage.copy(copied.segment(), copied.key(), copied.there());
        case Ordered.End _ -> throw new IllegalStateException("handled before");
      }
    }
    if (abandoned) {
      throw new CancellationException();
    }
    return stage.end(segmenter.leftOutAtEnd());
  }

  private static <T> T result(Future<T> future) throws InterruptedException, Failure {
    try {
      return future.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Failure failure -> throw failure;
        case RuntimeException defect -> throw defect;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /**
   * The sinks belong to the caller again when we are done, whatever happened. What is being stored
   * is let finish, as an interrupt may break the sink's connection, which is still needed to clean
   * up; but not for ever.
   */
  private static void awaitEnd(ExecutorService thread) {
    boolean interrupted = Thread.interrupted();
    thread.shutdown();
    while (!thread.isTerminated()) {
      try {
        if (!thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          thread.shutdownNow();
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
