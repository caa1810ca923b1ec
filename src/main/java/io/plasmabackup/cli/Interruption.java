package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets SIGINT, SIGTERM and SIGHUP end a run in order: the working thread is interrupted, and the
 * process lives until that has cleaned up and said so. The exit status is then the signal's: 128 +
 * its number; or {@link ExitCode#SUSPENDED}.
 */
final class Interruption implements AutoCloseable {

  /**
   * Deleting snapshots and a partial file on a server takes a moment; a server that doesn't answer,
   * a minute.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final String command;
  private final Duration patience;
  private final Thread worker = Thread.currentThread();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::interrupt, "plasma-signal");
  private volatile boolean happened;
  private volatile OptionalInt status = OptionalInt.empty();

  /** What became of the archive of a run that was stopped. */
  enum Archive {
    NOT_STORED("nothing was published"),
    /** Stopped while it was given its name. */
    UNCERTAIN("look whether the archive is stored"),
    /** Stopped in the middle of its upload, which a later run can go on with. */
    SUSPENDED("the snapshots and what is stored so far are kept, and the next run goes on with it"),
    STORED("the archive is stored");

    private final String shown;

    Archive(String shown) {
      this.shown = shown;
    }
  }

  /** From now on, signals interrupt the current thread, a run of the agent. */
  Interruption() {
    this("plasma-agent", PATIENCE);
  }

  /**
   * Likewise.
   *
   * @param command who says so if cleaning up takes too long
   * @param patience how long it may take
   */
  Interruption(String command, Duration patience) {
    this.command = command;
    this.patience = patience;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void interrupt() {
    happened = true;
    worker.interrupt();
    try {
      if (!done.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println(command + ": gave up waiting for the run to clean up");
      }
      // Else the process ends with the signal's status.
      status.ifPresent(Runtime.getRuntime()::halt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * To be called between steps: a library may have waited through the interrupt and forgotten it.
   *
   * @throws Failure with {@link ExitCode#INTERRUPTED} if there was a signal
   */
  void check() throws Failure {
    if (happened) {
      throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal; nothing was published");
    }
  }

  /**
   * What to tell about a failed run: the signal if there was one, and the failure unless it is just
   * how the work ended for the signal.
   *
   * @param archive what became of the archive
   */
  Failure explain(Failure failure, Archive archive) {
    if (!happened) {
      return failure;
    }
    Failure stopped =
        new Failure(
            archive == Archive.SUSPENDED ? ExitCode.SUSPENDED : ExitCode.INTERRUPTED,
            "stopped by a signal; " + archive.shown,
            failure);
    if (archive == Archive.SUSPENDED) {
      status = OptionalInt.of(ExitCode.SUSPENDED.number());
    }
    if (archive == Archive.UNCERTAIN
        || !(failure.exitCode() == ExitCode.INTERRUPTED || isInterrupt(failure))) {
      stopped.addSuppressed(failure);
    }
    for (Throwable suppressed : failure.getSuppressed()) {
      stopped.addSuppressed(suppressed);
    }
    return stopped;
  }

  /**
   * What to tell about failed work that leaves nothing behind: the signal if there was one, and
   * what failed while cleaning up.
   *
   * @param outcome what to say if nothing did
   */
  Failure explain(Failure failure, String outcome) {
    if (!happened) {
      return failure;
    }
    Throwable[] left = failure.getSuppressed();
    Failure stopped =
        new Failure(
            ExitCode.INTERRUPTED,
            "stopped by a signal; " + (left.length == 0 ? outcome : "not all could be cleaned up"),
            failure);
    for (Throwable suppressed : left) {
      stopped.addSuppressed(suppressed);
    }
    return stopped;
  }

  private static boolean isInterrupt(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case SocketTimeoutException _ -> {
          return false;
        }
        case InterruptedException _, InterruptedIOException _, ClosedByInterruptException _ -> {
          return true;
        }
        default -> {
          // Its cause may tell.
        }
      }
    }
    return false;
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
