package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.LeftOut;
import io.plasmabackup.walk.Notes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Entries → archive and index, as a pipeline of two threads: the calling one reads and packs
 * segment after segment, the other one stores them. A fixed number of buffers circulates between
 * them, so that reading waits for storing when that is slower, and memory doesn't depend on what is
 * archived.
 */
public final class ArchiveWriter {

  /**
   * One being packed, one being stored, one between them so that neither waits for the other's last
   * byte.
   */
  private static final int BUFFERS = 3;

  /** How long a segment under way may take to be stored when the archive is given up. */
  private static final int PATIENCE_SECONDS = 1;

  private final Notes notes;
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS);

  /** Takes all buffers and the end, so that adding to it never waits for a thread that is gone. */
  private final BlockingQueue<PackedSegment> packed = new ArrayBlockingQueue<>(BUFFERS + 1);

  /** What was left out since the last segment that was handed on. */
  private final List<LeftOut> leftOut = new ArrayList<>();

  /** Set when the calling thread wants no more to be stored. */
  private volatile boolean abandoned;

  private ArchiveWriter(Notes notes) {
    this.notes = notes;
    for (int i = 0; i < BUFFERS; i++) {
      free.add(new byte[Format.MAX_SEGMENT]);
    }
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
      ArchiveSink archive,
      IndexWriter index,
      SegmentListener listener,
      Progress progress)
      throws Failure {
    StoreStage stage = new StoreStage(archive, index, listener, progress);
    return new ArchiveWriter(notes).run(entries, header, stage);
  }

  private ArchiveSummary run(EntryStream entries, IndexHeader header, StoreStage stage)
      throws Failure {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(task -> new Thread(task, "plasma-store"));
    try (SegmentPacker packer = new SegmentPacker(notes)) {
      Future<ArchiveSummary> storing = thread.submit(() -> storeAll(header, stage));
      Segmenter segmenter = new Segmenter(entries);
      for (Segment segment = segmenter.next(); segment != null; segment = segmenter.next()) {
        byte[] buffer = await(free, storing);
        leftOut.addAll(segment.leftOut());
        PackedSegment next = pack(packer, segment, buffer);
        if (next == null) {
          free.put(buffer);
        } else {
          packed.put(next);
        }
      }
      leftOut.addAll(segmenter.leftOutAtEnd());
      packed.put(end());
      return result(storing);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal; nothing was published", e);
    } finally {
      abandoned = true;
      packed.clear();
      packed.add(end());
      awaitEnd(thread);
    }
  }

  /** A free buffer; or, if storing has failed, which alone can end it now, its failure. */
  private static byte[] await(BlockingQueue<byte[]> free, Future<ArchiveSummary> storing)
      throws InterruptedException, Failure {
    byte[] buffer = null;
    while (buffer == null) {
      if (storing.isDone()) {
        result(storing);
        throw new IllegalStateException("storing ended before its end was announced");
      }
      buffer = free.poll(100, TimeUnit.MILLISECONDS);
    }
    return buffer;
  }

  /** Says that there are no more segments: a buffer without room is nothing's. */
  private PackedSegment end() {
    return new PackedSegment(
        new Segment(List.of(), 0, List.of()), new byte[0], new byte[0], new byte[0], leftOut());
  }

  private List<LeftOut> leftOut() {
    List<LeftOut> handedOn = List.copyOf(leftOut);
    leftOut.clear();
    return handedOn;
  }

  private @Nullable PackedSegment pack(SegmentPacker packer, Segment segment, byte[] buffer)
      throws Failure {
    Segment left = packer.pack(segment, buffer);
    if (left == null) {
      return null;
    }
    MessageDigest sha256 = Digests.sha256();
    sha256.update(buffer, 0, left.length());
    return new PackedSegment(left, buffer, sha256.digest(), SegmentKey.of(left), leftOut());
  }

  private ArchiveSummary storeAll(IndexHeader header, StoreStage stage)
      throws Failure, InterruptedException {
    stage.begin(header);
    PackedSegment next = packed.take();
    while (!isEnd(next)) {
      stage.store(next);
      free.put(next.buffer());
      next = packed.take();
    }
    if (abandoned) {
      throw new CancellationException();
    }
    return stage.end(next.leftOut());
  }

  private static boolean isEnd(PackedSegment segment) {
    return segment.buffer().length == 0;
  }

  private static ArchiveSummary result(Future<ArchiveSummary> storing)
      throws InterruptedException, Failure {
    try {
      return storing.get();
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
