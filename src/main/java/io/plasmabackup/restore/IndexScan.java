package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.archive.MalformedIndexException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Goes through all lines of an archive's index, of which few are wanted: reads ahead, decompresses
 * and sorts out its frames side by side, and keeps a few of them in memory. An index without a
 * directory is one frame: it is read line by line.
 */
final class IndexScan {

  private static final int MOST_WORKERS = 8;

  /** So many frames for each worker are under way, done or not. */
  private static final int AHEAD = 3;

  private final StoredIndex index;

  IndexScan(StoredIndex index) {
    this.index = index;
  }

  /** Is shown what is wanted, in the index's order, and may be shown more. */
  @FunctionalInterface
  interface LineVisitor {
    void visit(IndexLine line) throws Failure;

    /** What comes next is of this frame, counted from 0. */
    default void frame(int number) {
      // Mostly it doesn't matter.
    }
  }

  /** Shows all lines that the filter lets through; or more. */
  void lines(LineFilter filter, LineVisitor visitor) throws Failure {
    Optional<IndexDirectory> directory = index.directory();
    try {
      if (directory.isEmpty() || !directory.get().frames().stream().allMatch(FrameSieve::takes)) {
        oneByOne(visitor);
      } else {
        sideBySide(directory.get().frames(), filter, visitor);
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
  }

  private void oneByOne(LineVisitor visitor) throws IOException, Failure {
    try (IndexReader lines = index.lines()) {
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        visitor.visit(line);
      }
    }
  }

  private void sideBySide(List<Frame> frames, LineFilter filter, LineVisitor visitor)
      throws IOException, Failure {
    int workers = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_WORKERS);
    ExecutorService crew =
        Executors.newFixedThreadPool(
            workers, Thread.ofPlatform().daemon().name("plasma-index-", 0).factory());
    BlockingQueue<FrameSieve> sieves = new ArrayBlockingQueue<>(workers);
    for (int i = 0; i < workers; i++) {
      sieves.add(new FrameSieve());
    }
    try {
      Deque<Future<List<IndexLine>>> underWay = new ArrayDeque<>();
      InputStream stored = index.stored();
      int shown = 0;
      for (Frame frame : frames) {
        byte[] bytes = stored.readNBytes((int) frame.stored());
        if (bytes.length < frame.stored()) {
          throw new MalformedIndexException("it has become shorter");
        }
        if (underWay.size() == AHEAD * workers) {
          visitor.frame(shown++);
          show(underWay.removeFirst(), visitor);
        }
        underWay.addLast(crew.submit(() -> sift(sieves, frame, bytes, filter)));
      }
      while (!underWay.isEmpty()) {
        visitor.frame(shown++);
        show(underWay.removeFirst(), visitor);
      }
    } finally {
      crew.shutdownNow();
      crew.close();
      sieves.forEach(FrameSieve::close);
    }
  }

  private static List<IndexLine> sift(
      BlockingQueue<FrameSieve> sieves, Frame frame, byte[] stored, LineFilter filter)
      throws IOException, InterruptedException {
    FrameSieve sieve = sieves.take();
    try {
      return sieve.wanted(frame, stored, 0, filter);
    } finally {
      // Not put: it has room, and an interrupt doesn't matter.
      sieves.add(sieve);
    }
  }

  private static void show(Future<List<IndexLine>> lines, LineVisitor visitor)
      throws IOException, Failure {
    try {
      for (IndexLine line : lines.get()) {
        visitor.visit(line);
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException malformed) {
        throw malformed;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal", e);
    }
  }
}
