package io.plasmabackup.snapshot;

import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes prepared snapshots as close together as can be. A snapshot is made when its filesystem's
 * transaction is committed, and its maker waits for that: one after the other, each takes a commit
 * of its own. Makers that wait together are served by one commit, and have snapshots of the very
 * same moment. So each has a thread; and they start while a commit is under way, which lets them
 * all through at once when it is done. For that they must be in different directories: the kernel
 * lets only one at a time make something in a directory.
 */
final class Burst {

  /** More than these wait for each other rather than for the disk. */
  private static final int MAX_THREADS = 128;

  private static final int STACK_BYTES = 256 * 1024;

  private final List<Prepared> prepared;
  private final Map<Integer, Exception> failures = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger();
  private final long[] began;
  private final long[] ended;

  /**
   * A snapshot to be made.
   *
   * @param source the subvolume's root, open
   * @param directory made for the snapshot, open
   */
  record Prepared(SnapshotPlan plan, Fd source, Fd directory) {}

  private Burst(List<Prepared> prepared) {
    this.prepared = prepared;
    this.began = new long[prepared.size()];
    this.ended = new long[prepared.size()];
  }

  /**
   * Makes all, or as many as can be made: the result tells which could not.
   *
   * @param filesystems an open file on each of the filesystems
   */
  static Result make(List<Prepared> prepared, Collection<Fd> filesystems) {
    Burst burst = new Burst(prepared);
    if (prepared.size() == 1) {
      burst.work();
    } else if (prepared.size() > 1) {
      burst.workTogether(filesystems);
    }
    burst.retryWhereRoomIsShort();
    return new Result(Map.copyOf(burst.failures), burst.skew());
  }

  private void workTogether(Collection<Fd> filesystems) {
    int threads = Math.min(prepared.size(), MAX_THREADS);
    CountDownLatch ready = new CountDownLatch(threads);
    CountDownLatch go = new CountDownLatch(1);
    Thread[] makers = new Thread[threads];
    int started = 0;
    try {
      for (; started < threads; started++) {
        makers[started] = new Thread(null, () -> take(ready, go), "plasma-snapshot", STACK_BYTES);
        makers[started].start();
      }
      uninterrupted(ready::await);
      filesystems.forEach(Burst::startCommit);
    } finally {
      go.countDown();
      for (int i = 0; i < started; i++) {
        uninterrupted(makers[i]::join);
      }
    }
  }

  private void take(CountDownLatch ready, CountDownLatch go) {
    warmUp();
    ready.countDown();
    uninterrupted(go::await);
    work();
  }

  private static void startCommit(Fd filesystem) {
    try {
      var _ = Subvolumes.startCommit(filesystem);
    } catch (ErrnoException e) {
      // Without a commit under way the snapshots are only not as close together; and whatever is
      // wrong with the filesystem, making them will tell.
      var _ = e;
    }
  }

  /**
   * A thread's first system call takes longer than all others, as it allocates what they need. So
   * it comes early; what it asks for doesn't matter.
   */
  private void warmUp() {
    try {
      var _ = Subvolumes.info(prepared.getFirst().source());
    } catch (ErrnoException e) {
      // Whatever is wrong with the subvolume, making the snapshot will tell.
      var _ = e;
    }
  }

  private void work() {
    for (int i = next.getAndIncrement(); i < prepared.size(); i = next.getAndIncrement()) {
      make(i);
    }
  }

  private void make(int i) {
    Prepared one = prepared.get(i);
    began[i] = System.nanoTime();
    try {
      Subvolumes.createReadOnlySnapshot(one.source(), one.directory(), SnapshotPlan.SNAPSHOT);
    } catch (ErrnoException | RuntimeException e) {
      failures.put(i, e);
    }
    ended[i] = System.nanoTime();
  }

  /**
   * The kernel reserves room for the worst case, for all that are being made at once: on a small or
   * full filesystem, what doesn't fit together fits one by one.
   */
  private void retryWhereRoomIsShort() {
    for (int i = 0; i < prepared.size(); i++) {
      if (failures.get(i) instanceof ErrnoException e && e.is(Errno.ENOSPC)) {
        failures.remove(i);
        make(i);
      }
    }
  }

  /**
   * How it went.
   *
   * @param failures by the place in the list of what was prepared: {@link ErrnoException}s and
   *     defects
   * @param skew from the first call's beginning to the last one's end: no two snapshots are further
   *     apart
   */
  record Result(Map<Integer, Exception> failures, Duration skew) {}

  private Duration skew() {
    if (prepared.isEmpty()) {
      return Duration.ZERO;
    }
    long first = began[0];
    long last = ended[0];
    for (int i = 1; i < began.length; i++) {
      first = began[i] - first < 0 ? began[i] : first;
      last = ended[i] - last > 0 ? ended[i] : last;
    }
    return Duration.ofNanos(last - first);
  }

  private interface Wait {
    void await() throws InterruptedException;
  }

  /** Snapshots that are being made cannot be given up; an interrupt is for whoever comes next. */
  private static void uninterrupted(Wait wait) {
    boolean interrupted = false;
    while (true) {
      try {
        wait.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
