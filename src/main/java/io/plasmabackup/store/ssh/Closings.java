package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.Closeable;

/** Waits for the library's sessions and channels to end. The library itself forgets interrupts. */
final class Closings {

  private Closings() {}

  /** What it means that the library finds a session in the wrong state for a new channel. */
  static IOException lost(IllegalStateException sessionIsClosing) {
    IOException lost = new IOException("the connection was lost");
    lost.addSuppressed(sessionIsClosing);
    return lost;
  }

  /** False if it didn't end within {@code limit}. */
  static boolean await(Closeable closing, Duration limit) throws InterruptedIOException {
    CountDownLatch closed = new CountDownLatch(1);
    closing.addCloseFutureListener(future -> closed.countDown());
    try {
      return closed.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
