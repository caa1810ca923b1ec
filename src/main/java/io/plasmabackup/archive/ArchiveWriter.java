package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
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

  private final PackingCrew crew;

  /**
   * Segments in their order, packed or about to be. Has room for one for each buffer and the end,
   * so that adding to it never waits for a thread that is gone.
   */
  private final BlockingQueue<Ordered> inOrder;

  /** Set when the calling thread wants no more to be stored. */
  private volatile boolean abandoned;

  /** What is stored next. */
  private sealed interface Ordered {

    record Packed(Future<PackedSegment> segment) implements Ordered {}

    record End() implements Ordered {}
  }

  private ArchiveWriter(PackingCrew crew) {
    this.crew = crew;
    this.inOrder = new ArrayBlockingQueue<>(crew.buffers() + 1);
  }

  /**
   * Writes one archive. When this returns, all of it has been handed to the sinks; whether it has
   * arrived is theirs to say. The sinks are used by another thread, but not after this has returned
   * or thrown.
   *
   * @param entries read to their end, not closed
   */
  public static ArchiveSummary write(
      EntryStream entries,
      Notes notes,
      IndexHeader header,
      Packing packing,
      ArchiveSink archive,
      IndexWriter index,
      SegmentListener listener,
      Progress progress)
      throws Failure {
    Container container = packing.container();
    StoreStage stage = new StoreStage(container, archive, index, listener, progress);
    try (PackingCrew crew =
        new PackingCrew(
            container,
            packing.workers(),
            device -> container.holdsFilesAsTheyAre() && archive.sharesWith(device),
            notes)) {
      return new ArchiveWriter(crew).run(entries, header, stage);
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
        while (!crew.awaitBuffer()) {
          throwIfOver(storing);
        }
        inOrder.put(new Ordered.Packed(crew.pack(segment)));
      }
      inOrder.put(new Ordered.End());
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
    while (inOrder.take() instanceof Ordered.Packed(Future<PackedSegment> next)) {
      PackedSegment packed = result(next);
      stage.store(packed);
      crew.giveBack(packed);
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
