package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.archive.MalformedIndexException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

  /** A segment has at most 8 MiB of tar, 16,384 members; more than their lines take. */
  private static final int LONGEST_TEXT = 64 << 20;

  private static final int MOST_WORKERS = 8;

  /** So many frames for each worker are under way, done or not. */
  private static final int AHEAD = 3;

  /** A frame is ended at the next segment behind 512 KiB. */
  private static final int USUAL_TEXT = 1 << 20;

  private final StoredIndex index;

  IndexScan(StoredIndex index) {
    this.index = index;
  }

  /** Is shown what is wanted, in the index's order, and may be shown more. */
  @FunctionalInterface
  interface LineVisitor {
    void visit(IndexLine line) throws Failure;
  }

  /** Shows all lines that the filter lets through; or more. */
  void lines(LineFilter filter, LineVisitor visitor) throws Failure {
    Optional<IndexDirectory> directory = index.directory();
    try {
      if (directory.isEmpty() || !areOrdinary(directory.get().frames())) {
        oneByOne(visitor);
      } else {
        sideBySide(directory.get().frames(), filter, visitor);
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
  }

  private static boolean areOrdinary(List<Frame> frames) {
    return frames.stream()
        .allMatch(frame -> frame.text() <= LONGEST_TEXT && frame.stored() <= LONGEST_TEXT);
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
    BlockingQueue<Workplace> workplaces = new ArrayBlockingQueue<>(workers);
    for (int i = 0; i < workers; i++) {
      workplaces.add(new Workplace());
    }
    try {
      Deque<Future<List<IndexLine>>> underWay = new ArrayDeque<>();
      InputStream stored = index.stored();
      for (Frame frame : frames) {
        byte[] bytes = stored.readNBytes((int) frame.stored());
        if (bytes.length < frame.stored()) {
          throw new MalformedIndexException("it has become shorter");
        }
        if (underWay.size() == AHEAD * workers) {
          show(underWay.removeFirst(), visitor);
        }
        underWay.addLast(crew.submit(() -> atWork(workplaces, bytes, (int) frame.text(), filter)));
      }
      while (!underWay.isEmpty()) {
        show(underWay.removeFirst(), visitor);
      }
    } finally {
      crew.shutdownNow();
      crew.close();
      workplaces.forEach(Workplace::close);
    }
  }

  private static List<IndexLine> atWork(
      BlockingQueue<Workplace> workplaces, byte[] stored, int length, LineFilter filter)
      throws IOException, InterruptedException {
    Workplace workplace = workplaces.take();
    try {
      return workplace.wanted(stored, length, filter);
    } finally {
      // Not put: it has room, and an interrupt doesn't matter.
      workplaces.add(workplace);
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

  /** What one worker needs for one frame, and has again for the next: to make it takes longer. */
  private static final class Workplace implements AutoCloseable {

    private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
    private byte[] text = new byte[USUAL_TEXT];

    List<IndexLine> wanted(byte[] stored, int length, LineFilter filter) throws IOException {
      if (text.length < length) {
        text = new byte[length];
      }
      int filled;
      try {
        filled = zstd.decompressByteArray(text, 0, length, stored, 0, stored.length);
      } catch (ZstdException e) {
        throw new MalformedIndexException("a frame cannot be decompressed: " + e.getMessage(), e);
      }
      if (filled != length) {
        throw new MalformedIndexException("a frame is not as long as its directory says");
      }
      return parsed(text, sifted(text, length, filter));
    }

    @Override
    public void close() {
      zstd.close();
    }
  }

  /**
   * Moves the lines that are let through to the front.
   *
   * @return how long they are together
   */
  private static int sifted(byte[] text, int length, LineFilter filter) {
    int kept = 0;
    int start = 0;
    while (start < length) {
      int end = IndexText.lineEnd(text, start, length);
      if (filter.lets(text, start, end)) {
        System.arraycopy(text, start, text, kept, end - start);
        kept += end - start;
      }
      start = end;
    }
    return kept;
  }

  private static List<IndexLine> parsed(byte[] text, int length) throws IOException {
    if (length == 0) {
      return List.of();
    }
    List<IndexLine> lines = new ArrayList<>();
    try (IndexReader reader = new IndexReader(new ByteArrayInputStream(text, 0, length))) {
      for (IndexLine line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
    }
    return lines;
  }
}
