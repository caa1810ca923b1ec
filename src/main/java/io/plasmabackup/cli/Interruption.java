package io.plasmabackup.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets SIGINT, SIGTERM and SIGHUP end a run in order: the working thread is interrupted, and the
 * process lives until that has cleaned up. The exit status is then the signal's: 128 + its number.
 */
final class Interruption implements AutoCloseable {

  /**
   * Deleting snapshots and a partial file on a server takes a moment; a server that doesn't answer,
   * a minute.
   */
  private static final long PATIENCE_SECONDS = 90;

  private final Thread worker = Thread.currentThread();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::interrupt, "plasma-signal");

  /** From now on, signals interrupt the current thread. */
  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void interrupt() {
    worker.interrupt();
    try {
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("plasma-agent: gave up waiting for the run to clean up");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work is done; a signal that comes now is the default one. */
  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyShuttingDown) {
      // A signal came: the hook runs already, and has just been let go.
    }
  }
}
