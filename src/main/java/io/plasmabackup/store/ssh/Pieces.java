package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The pieces of a file between who writes it and the {@linkplain Lane lanes} that send them, each
 * the next one that is there; they are confirmed in any order. A piece is kept until everything up
 * to its end is confirmed, and the last of those beyond that: whatever happens to the connections,
 * the file can be compared with it, cut there, and gone on with.
 *
 * <p>Thread-safe. The first lane that fails ends the work of all, until there is {@linkplain
 * #restart another first one}.
 */
final class Pieces {

  /** How often a wait looks whether the server has taken anything, in parts of the limit. */
  private static final int LOOKS = 8;

  /** Pieces that are kept at least: 8 MB. */
  private static final int LEAST_KEPT = 32;

  /** Pieces that are kept at most: 64 MiB. */
  private static final int MOST_KEPT = 256;

  private final Duration stall;
  private final ReentrantLock lock = new ReentrantLock();

  /** For lanes: there is something to do. */
  private final Condition work = lock.newCondition();

  /** For who writes: something got done, or failed. */
  private final Condition progress = lock.newCondition();

  private final ArrayDeque<Piece> unsent = new ArrayDeque<>();

  /** All that is not known to be stored, as they follow in the file. */
  private final ArrayDeque<Piece> kept = new ArrayDeque<>();

  /** The one that was used last first: it may still be in the processor's cache. */
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>();

  private final List<Lane> lanes = new ArrayList<>();
  private @Nullable Piece lastConfirmed;
  private @Nullable IOException failure;
  private boolean ending;
  private long acknowledged;

  /**
   * @param start how long the file is
   * @param stall after which a server that takes and confirms nothing is given up
   */
  Pieces(long start, Duration stall) {
    this.acknowledged = start;
    this.stall = stall;
  }

  /** An array to fill with the next piece. */
  byte[] array() {
    lock.lock();
    try {
      return spare.isEmpty() ? new byte[Piece.SIZE] : spare.pop();
    } finally {
      lock.unlock();
    }
  }

  /** Hands a piece over to whichever lane sends it. */
  void add(Piece piece) {
    lock.lock();
    try {
      unsent.add(piece);
      kept.add(piece);
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Bytes from the file's start that are stored. */
  long acknowledged() {
    lock.lock();
    try {
      return acknowledged;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that were handed over and are not known to be stored. */
  long unconfirmed() {
    lock.lock();
    try {
      return kept.stream().mapToLong(Piece::length).sum();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A copy of what was written and confirmed last of the file's beginning; empty if nothing was.
   */
  Optional<Piece> lastConfirmed() {
    lock.lock();
    try {
      return Optional.ofNullable(lastConfirmed)
          .map(piece -> new Piece(piece.offset(), piece.bytes().clone(), (int) piece.length()));
    } finally {
      lock.unlock();
    }
  }

  /** Begins anew with what isn't known to be stored, and one lane. */
  void restart(Lane first) {
    lock.lock();
    try {
      stopLanes();
      failure = null;
      ending = false;
      unsent.clear();
      unsent.addAll(kept);
      kept.forEach(Piece::repeat);
      lanes.clear();
      lanes.add(first);
      first.watch();
    } finally {
      lock.unlock();
    }
  }

  /** Another lane, beside {@code first}; false if that has ended, or will. */
  boolean join(Lane another, Lane first) {
    lock.lock();
    try {
      if (ending || first.isStopped()) {
        return false;
      }
      lanes.add(another);
      another.watch();
      another.start();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** No lane begins to send anything any more. */
  void stop() {
    lock.lock();
    try {
      stopLanes();
    } finally {
      lock.unlock();
    }
  }

  private void stopLanes() {
    lanes.forEach(Lane::stop);
    work.signalAll();
  }

  /** The lanes that there are now. */
  List<Lane> lanes() {
    lock.lock();
    try {
      return List.copyOf(lanes);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is room for another piece. */
  void awaitRoom() throws IOException {
    lock.lock();
    try {
      awaitUntil(() -> kept.size() < mostKept());
    } finally {
      lock.unlock();
    }
  }

  private static boolean isAtWork(Lane lane) {
    return lane.isStarted() && !lane.isStopped();
  }

  private int mostKept() {
    return Math.min(LEAST_KEPT + lanes.size() * Lane.MOST_UNDER_WAY, MOST_KEPT);
  }

  /** Waits until everything is stored, and the lanes have ended. */
  void awaitEnd() throws IOException {
    lock.lock();
    try {
      ending = true;
      work.signalAll();
      awaitUntil(() -> kept.isEmpty() && lanes.stream().noneMatch(Pieces::isAtWork));
    } finally {
      lock.unlock();
    }
  }

  /** Waits until {@code done}, or a lane fails. */
  private void awaitUntil(BooleanSupplier done) throws IOException {
    throwFailure();
    try {
      while (!done.getAsBoolean()) {
        if (!progress.await(stall.toNanos() / LOOKS, TimeUnit.NANOSECONDS)
            && lanes.stream().filter(lane -> lane.isStalled(stall)).count() > 0) {
          fail(new SftpWriter.Stalled(stall));
        }
        throwFailure();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private void throwFailure() throws IOException {
    IOException e = failure;
    if (e != null) {
      stopLanes();
      throw e;
    }
  }

  private void fail(IOException e) {
    if (failure == null) {
      failure = e;
    }
    stopLanes();
    progress.signalAll();
  }

  /** Whether there is more than one lane. */
  boolean areShared() {
    lock.lock();
    try {
      return lanes.size() > 1;
    } finally {
      lock.unlock();
    }
  }

  /** For a lane: the next piece to be sent, for which it waits until it has room; empty if none. */
  Optional<Piece> poll(Lane lane) throws IOException {
    lock.lock();
    try {
      awaitUntil(lane::hasRoom);
      if (unsent.isEmpty()) {
        return Optional.empty();
      }
      lane.begin();
      return Optional.of(unsent.remove());
    } finally {
      lock.unlock();
    }
  }

  /** For a lane: the next piece to be sent; empty when there will be none for it. */
  Optional<Piece> next(Lane lane) throws InterruptedException {
    lock.lock();
    try {
      while (!lane.isStopped() && !(ending && kept.isEmpty())) {
        if (!unsent.isEmpty() && lane.hasRoom()) {
          lane.begin();
          return Optional.of(unsent.remove());
        }
        work.await();
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** For a lane: the server has confirmed a piece. */
  void confirmed(Lane lane, Piece piece) {
    lock.lock();
    try {
      if (lane.isStopped()) {
        return;
      }
      lane.end();
      piece.confirm();
      boolean awaited = !lane.isStarted();
      for (Piece first = kept.peek(); first != null && first.isConfirmed(); first = kept.peek()) {
        release(kept.remove());
        awaited = true;
      }
      if (awaited) {
        progress.signal();
      }
      if (!unsent.isEmpty() || kept.isEmpty()) {
        work.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void release(Piece stored) {
    acknowledged = stored.end();
    if (stored.copied() != null) {
      // Of which nothing is here that the file could be compared with.
      return;
    }
    Piece before = lastConfirmed;
    if (before != null && before.isReusable()) {
      spare.push(before.bytes());
    }
    lastConfirmed = stored;
  }

  /** For a lane: it will send no more, as there is no more, or it was stopped. */
  void ended(Lane lane) {
    lock.lock();
    try {
      lane.stop();
      progress.signal();
    } finally {
      lock.unlock();
    }
  }

  /** For a lane: what it was given can't be stored. */
  void failed(Lane lane, IOException e) {
    lock.lock();
    try {
      if (!lane.isStopped()) {
        fail(e);
      }
    } finally {
      lock.unlock();
    }
  }
}
