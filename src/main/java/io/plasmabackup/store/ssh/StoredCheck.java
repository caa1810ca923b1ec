package io.plasmabackup.store.ssh;

import io.plasmabackup.store.Chunk;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Has the server read a file that is being written, from its start on, and compare each piece with
 * its digest as soon as it is stored. Used by the thread that writes; the answers come in another.
 */
final class StoredCheck {

  /** Requests under way: a copy that is asked for then waits until these are answered. */
  private static final int MOST_UNDER_WAY = 16;

  /** Pieces that are waited for the server to read, if that is slower than all else. */
  private static final int MOST_WAITING = 4096;

  private final StoreProgram program;
  private final Duration stall;

  /** What isn't asked for yet, in order. */
  private final ArrayDeque<Chunk> waiting = new ArrayDeque<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition answered = lock.newCondition();
  private long told;
  private int underWay;
  private @Nullable String difference;
  private @Nullable IOException failure;

  /** What is stored isn't what it should be. */
  static final class Differs extends IOException {

    private static final long serialVersionUID = 1;

    Differs(String what) {
      super(what);
    }
  }

  /**
   * Begins at the file's start.
   *
   * @param program that has the file open; nobody else has anything checked by it
   * @param stall after which a server that answers nothing is given up
   */
  StoredCheck(StoreProgram program, Duration stall) {
    this.program = program;
    this.stall = stall;
  }

  /** Notes what the next bytes of the file are, or will be. */
  void expect(Chunk chunk) {
    if (chunk.offset() != told) {
      throw new IllegalArgumentException("a piece at " + chunk.offset() + " after " + told);
    }
    told = chunk.end();
    waiting.add(chunk);
  }

  /**
   * Goes on.
   *
   * @param stored bytes from the file's start that the server has
   * @throws Differs if something was found
   * @throws IOException if the server can't be asked any more, or the thread was interrupted
   */
  void proceed(long stored) throws IOException {
    throwProblem();
    for (Chunk next = waiting.peek(); next != null && next.end() <= stored; next = waiting.peek()) {
      if (!awaitFewer(MOST_UNDER_WAY, waiting.size() > MOST_WAITING)) {
        return;
      }
      request(waiting.remove());
    }
  }

  /**
   * Waits until all was compared.
   *
   * @param size of the file, which is complete
   * @return its digest; empty if not all of it was expected
   */
  Optional<byte[]> end(long size) throws IOException {
    throwProblem();
    for (Chunk next = waiting.poll(); next != null; next = waiting.poll()) {
      awaitFewer(MOST_UNDER_WAY, true);
      request(next);
    }
    awaitFewer(1, true);
    return told == size ? program.digest(size, stall) : Optional.empty();
  }

  private void request(Chunk chunk) {
    lock.lock();
    try {
      underWay++;
    } finally {
      lock.unlock();
    }
    program.check(
        chunk.length(),
        chunk.sha256(),
        found ->
            answered(
                found
                    .map(what ->
                        "of the %d bytes at %d, %s".formatted(chunk.length(), chunk.offset(), what))
                    .orElse(null),
                null),
        problem -> answered(null, problem));
  }

  private void answered(@Nullable String what, @Nullable IOException problem) {
    lock.lock();
    try {
      underWay--;
      difference = difference == null ? what : difference;
      failure = failure == null ? problem : failure;
      answered.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether fewer are under way.
   *
   * @param waits until it is so
   */
  private boolean awaitFewer(int limit, boolean waits) throws IOException {
    lock.lock();
    try {
      throwProblem();
      while (underWay >= limit) {
        if (!waits) {
          return false;
        }
        if (!answered.await(stall.toNanos(), TimeUnit.NANOSECONDS)) {
          throw new SftpWriter.Stalled(stall);
        }
        throwProblem();
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  private void throwProblem() throws IOException {
    lock.lock();
    try {
      if (difference != null) {
        throw new Differs(difference);
      }
      IOException problem = failure;
      if (problem != null) {
        throw problem;
      }
    } finally {
      lock.unlock();
    }
  }
}
