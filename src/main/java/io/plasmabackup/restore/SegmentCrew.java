package io.plasmabackup.restore;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.SegmentCheck.Damage;
import io.plasmabackup.restore.SegmentCheck.Stored;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Checks segments side by side, and tells what is wrong in the order of the archive: whatever is
 * thrown is about the first segment of which there is something to say. Used by one thread; closing
 * it waits for the others to end.
 */
final class SegmentCrew implements AutoCloseable {

  /** More would only wait for the one that reads. */
  private static final int MOST_THREADS = 4;

  /** Segments that have been read and wait, so that nobody waits for them. */
  private static final int AHEAD = 2;

  private final int inFlight;
  private final ExecutorService threads;
  private final List<SegmentCheck> checks = new ArrayList<>();
  private final BlockingQueue<SegmentCheck> idle = new LinkedBlockingQueue<>();
  private final Deque<byte[]> spare = new ArrayDeque<>();
  private final Deque<Running> running = new ArrayDeque<>();

  /** Bytes of a large member that the segments that follow have; and whose they are. */
  private long further;

  private RawPath last = RawPath.EMPTY;

  private record Running(Stored stored, Future<Long> further) {}

  SegmentCrew(boolean compressed) {
    int crew = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_THREADS);
    inFlight = crew + AHEAD;
    for (int i = 0; i < crew; i++) {
      checks.add(new SegmentCheck(compressed));
    }
    idle.addAll(checks);
    threads =
        Executors.newFixedThreadPool(
            crew, Thread.ofPlatform().daemon().name("plasma-verify-", 0).factory());
  }

  /**
   * For the bytes of the next segment; waits until there is room for one.
   *
   * @return at least {@code length} bytes
   */
  byte[] buffer(int length) throws Damage, IOException {
    if (running.size() == inFlight) {
      collect();
    }
    byte[] buffer = spare.poll();
    return buffer != null && buffer.length >= length
        ? buffer
        : new byte[SegmentCheck.roomFor(length)];
  }

  /** Has a segment checked that is read. */
  void check(Stored stored) {
    running.add(
        new Running(
            stored,
            threads.submit(() -> {
              SegmentCheck check = idle.take();
              try {
                return check.check(stored);
              } finally {
                idle.add(check);
              }
            })));
  }

  /** Waits for all that were given to it. */
  void finish() throws Damage, IOException {
    while (!running.isEmpty()) {
      collect();
    }
  }

  /** After the last segment: whether the last member is complete. */
  void requireComplete() throws Damage {
    if (further > 0) {
      throw new Damage("its last member, " + last + ", is cut off");
    }
  }

  private void collect() throws Damage, IOException {
    Running first = running.remove();
    Stored stored = first.stored();
    long rest = result(first.further());
    spare.add(stored.bytes());
    if (stored.segment().continues().isPresent()) {
      if (!stored.segment().continues().get().equals(last) || stored.segment().tar() > further) {
        throw new Damage(stored.shown() + " continues a member that isn't before it");
      }
      further -= stored.segment().tar();
      return;
    }
    if (further > 0) {
      throw new Damage("its member " + last + " is cut off");
    }
    further = rest;
    if (!stored.members().isEmpty()) {
      last = stored.members().getLast().name();
    }
  }

  private static long result(Future<Long> future) throws Damage, IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while verifying");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Damage damage) {
        throw damage;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    checks.forEach(SegmentCheck::close);
  }
}
