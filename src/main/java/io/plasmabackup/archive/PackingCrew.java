package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.walk.Notes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Packs segments side by side, in off-heap buffers of which there is a fixed number: one for each
 * worker, one that is being stored, and one between them, so that nobody waits for the other's last
 * byte. They begin in the order in which they were handed over.
 */
final class PackingCrew implements AutoCloseable {

  private static final int SPARE_BUFFERS = 2;
  private static final int WAIT_MILLIS = 100;

  /**
   * How many files may be open that are shared, of all segments under way: some systems allow a
   * process no more than 1024.
   */
  private static final int SHARED_FILES = 800;

  private final SegmentPacker packer;
  private final BlockingQueue<ByteBuffer> free;
  private final BlockingQueue<Assembly> assemblies;
  private final List<Assembly> made = new ArrayList<>();
  private final ThreadPoolExecutor workers;
  private final int buffers;
  private @Nullable ByteBuffer next;
  private long announced;

  /**
   * @param shares files of which devices are shared; asked by several threads
   */
  PackingCrew(Container container, int workers, Predicate<DeviceNumber> shares, Notes notes) {
    this.buffers = workers + SPARE_BUFFERS;
    this.packer = new SegmentPacker(shares, SHARED_FILES / buffers, notes);
    this.free = new ArrayBlockingQueue<>(buffers);
    for (int i = 0; i < buffers; i++) {
      free.add(ByteBuffer.allocateDirect(Packing.BUFFER));
    }
    this.assemblies = new ArrayBlockingQueue<>(workers);
    for (int i = 0; i < workers; i++) {
      made.add(container.assembly());
    }
    assemblies.addAll(made);
    this.workers =
        new ThreadPoolExecutor(
            workers,
            workers,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> new Thread(task, "plasma-pack"));
  }

  int buffers() {
    return buffers;
  }

  /** Whether what is packed before a segment may change what is in it. */
  boolean mayChange(Segment segment) {
    return packer.mayLinkToVanished(segment);
  }

  /** Waits a little until another segment can be packed; false if it can't be yet. */
  boolean awaitBuffer() throws InterruptedException {
    if (next == null) {
      next = free.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    }
    return next != null;
  }

  /** Has the next segment packed; only after {@link #awaitBuffer} has said that it can be. */
  Future<PackedSegment> pack(Segment segment) {
    ByteBuffer buffer = next;
    if (buffer == null) {
      throw new IllegalStateException("no buffer");
    }
    next = null;
    packer.announce(segment);
    long number = announced++;
    return workers.submit(() -> pack(number, segment, buffer));
  }

  private PackedSegment pack(long number, Segment segment, ByteBuffer buffer)
      throws Failure, InterruptedException {
    Assembly assembly = assemblies.take();
    try {
      assembly.begin(buffer);
      List<SharedFile> shared = new ArrayList<>();
      Segment packed = packer.pack(number, segment, assembly, shared);
      return new PackedSegment(
          packed,
          buffer,
          List.copyOf(shared),
          shared.isEmpty() ? Digests.sha256(buffer) : null,
          SegmentKey.of(packed));
    } finally {
      assemblies.add(assembly);
    }
  }

  /** Takes back what a segment holds that is stored. */
  void giveBack(PackedSegment stored) {
    packer.release(stored.shared());
    free.add(stored.bytes());
  }

  /** Ends what is under way: whoever waits for it gets a failure. */
  void stop() {
    for (Runnable never : workers.shutdownNow()) {
      if (never instanceof FutureTask<?> task) {
        task.cancel(false);
      }
    }
  }

  /** Waits until nobody reads any more, then lets everything go. */
  @Override
  public void close() {
    stop();
    boolean interrupted = false;
    while (!workers.isTerminated()) {
      try {
        var _ = workers.awaitTermination(1, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    packer.close();
    made.forEach(Assembly::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
