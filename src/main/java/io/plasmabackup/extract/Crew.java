package io.plasmabackup.extract;

import io.plasmabackup.linux.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Threads that change the disk while another one reads the archive. What is handed over for one
 * lane is done one by one, in its order; what is handed over for two may be done at once. After a
 * failure nothing more is done. Handed over to, and closed, by one thread.
 */
final class Crew implements AutoCloseable {

  /** More would only wait for each other in the filesystem. */
  private static final int MOST_LANES = 4;

  /**
   * Tasks that a lane is given at once: to wake a thread up takes longer than to make a small file.
   */
  private static final int BATCH_TASKS = 16;

  /** Of files' data, with which a batch isn't kept back any longer. */
  private static final int BATCH_BYTES = 256 * 1024;

  /**
   * Of a lane. Each task may hold a descriptor, and some systems allow a process no more than 1024.
   */
  private static final int MOST_BATCHES = 6;

  /** Tasks that can be kept back, waiting or under way in all lanes. */
  static final int MOST_WAITING = MOST_LANES * (MOST_BATCHES + 2) * BATCH_TASKS;

  /** Of files' data, in all tasks together. */
  private static final int MOST_BYTES = 8 << 20;

  /** Something to be done in a lane. */
  interface Task {

    /**
     * Does it.
     *
     * @throws ErrnoException if the filesystem fails, so that nothing more can be done
     */
    void run() throws ErrnoException;

    /** In place of {@link #run} after a failure: closes what it holds. */
    default void drop() {}
  }

  /** A task, and how many bytes it keeps in memory. */
  private record Waiting(Task task, int bytes) {}

  /** A thread, and what it has yet to do. */
  private final class Lane {

    private final BlockingQueue<List<Waiting>> waiting = new ArrayBlockingQueue<>(MOST_BATCHES);
    private final Thread thread;

    /** Kept back; of the thread that hands over. */
    private List<Waiting> batch = new ArrayList<>(BATCH_TASKS);

    private int batchBytes;

    Lane(int number) {
      thread = Thread.ofPlatform().daemon().name("plasma-extract-" + number).start(this::work);
    }

    private void work() {
      try {
        while (true) {
          for (Waiting next : waiting.take()) {
            perform(next.task());
            bytes.release(next.bytes());
          }
        }
      } catch (InterruptedException closed) {
        Thread.currentThread().interrupt();
      }
    }

    void add(Waiting last) {
      batch.add(last);
      batchBytes += last.bytes();
      if (batch.size() == BATCH_TASKS || batchBytes >= BATCH_BYTES) {
        handOver();
      }
    }

    /** Keeps nothing back. */
    void handOver() {
      List<Waiting> full = batch;
      if (!full.isEmpty()) {
        batch = new ArrayList<>(BATCH_TASKS);
        batchBytes = 0;
        uninterruptibly(() -> waiting.put(full));
      }
    }
  }

  private final List<Lane> lanes = new ArrayList<>();
  private final Semaphore bytes = new Semaphore(MOST_BYTES);

  /** Whether all that was handed over is known to be done. */
  private boolean idle = true;

  private volatile @Nullable Throwable failure;

  /** With a lane for each processor; two at least, as a lane often waits for the disk. */
  Crew() {
    int count = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, MOST_LANES);
    for (int i = 0; i < count; i++) {
      lanes.add(new Lane(i));
    }
  }

  /** A lane for things that belong together. */
  int laneOf(Object key) {
    return Math.floorMod(key.hashCode(), lanes.size());
  }

  private void perform(Task task) {
    if (failure != null) {
      task.drop();
      return;
    }
    try {
      task.run();
    } catch (ErrnoException | RuntimeException | Error e) {
      failure = e;
    }
  }

  /**
   * Hands a task over, in any case; waits while there are too many.
   *
   * @param size bytes that the task keeps in memory
   * @throws ErrnoException that a task before has thrown; then this one is dropped, in its lane
   */
  void submit(int lane, int size, Task task) throws ErrnoException {
    idle = false;
    if (!bytes.tryAcquire(size)) {
      // Some of them may be of what is kept back.
      lanes.forEach(Lane::handOver);
      uninterruptibly(() -> bytes.acquire(size));
    }
    lanes.get(lane).add(new Waiting(task, size));
    throwFailure();
  }

  /**
   * Waits until all that was handed over is done.
   *
   * @throws ErrnoException that a task has thrown
   */
  void await() throws ErrnoException {
    drain();
    throwFailure();
  }

  private void drain() {
    if (idle) {
      return;
    }
    CountDownLatch reached = new CountDownLatch(lanes.size());
    // Also after a failure it comes behind all others.
    Task mark =
        new Task() {
          @Override
          public void run() {
            reached.countDown();
          }

          @Override
          public void drop() {
            reached.countDown();
          }
        };
    for (Lane lane : lanes) {
      lane.add(new Waiting(mark, 0));
      lane.handOver();
    }
    uninterruptibly(reached::await);
    idle = true;
  }

  private void throwFailure() throws ErrnoException {
    Throwable thrown = failure;
    if (thrown == null) {
      return;
    }
    switch (thrown) {
      case ErrnoException e -> throw e;
      case Error e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException(thrown);
    }
  }

  /** Something that waits. */
  @FunctionalInterface
  private interface Wait {
    void waitFor() throws InterruptedException;
  }

  /** What was begun must be ended in order, even if somebody would have us stop. */
  private static void uninterruptibly(Wait wait) {
    boolean interrupted = false;
    while (true) {
      try {
        wait.waitFor();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until all that was handed over is done, or dropped, and ends the threads. */
  @Override
  public void close() {
    drain();
    for (Lane lane : lanes) {
      lane.thread.interrupt();
      uninterruptibly(lane.thread::join);
    }
  }
}
