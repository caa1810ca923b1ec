package io.plasmabackup.store.ssh;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * How much all connections to a server together may send in a second. Used by all threads that
 * write.
 */
public final class Bandwidth {

  /** As much as the line takes. */
  public static final Bandwidth UNLIMITED = new Bandwidth(OptionalLong.empty());

  /**
   * Pauses shorter than this are saved up: they would take longer than asked for. What is sent
   * without one is no more than this much of a second's.
   */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final OptionalLong bytesPerSecond;

  /** When all that was sent so far has had its time. */
  private long paidUntil = System.nanoTime();

  /**
   * So much.
   *
   * @param bytesPerSecond positive; empty: no limit
   */
  public Bandwidth(OptionalLong bytesPerSecond) {
    if (bytesPerSecond.isPresent() && bytesPerSecond.getAsLong() <= 0) {
      throw new IllegalArgumentException("bytes per second: " + bytesPerSecond.getAsLong());
    }
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Waits until it is time to send so many bytes. */
  void await(int bytes) throws InterruptedException {
    if (bytesPerSecond.isEmpty()) {
      return;
    }
    long wait = reserve(bytes, System.nanoTime());
    if (wait > 0) {
      TimeUnit.NANOSECONDS.sleep(wait);
    }
  }

  /**
   * Takes the time that so many bytes need.
   *
   * @return how many nanoseconds to wait first; 0 for not at all
   */
  synchronized long reserve(int bytes, long now) {
    // Time in which nothing was sent is lost.
    long from = paidUntil - now > 0 ? paidUntil : now;
    paidUntil = from + (long) (bytes * 1e9 / bytesPerSecond.orElseThrow());
    return from - now > BURST_NANOS ? from - now : 0;
  }
}
