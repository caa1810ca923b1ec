package io.plasmabackup.cli;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.LeftOut;
import io.plasmabackup.walk.Notes;

/**
 * Logs what is not in the backup as one might expect, and remembers whether files changed while
 * they were read.
 */
final class RunNotes implements Notes {

  /** Takes no notes: for a walk that is done a second time. */
  static final Notes NONE = (path, how) -> {};

  /** A thousand lines say nothing that a hundred don't. */
  private static final int SHOWN = 100;

  private static final RawPath ROOT = RawPath.of("/");

  private final Log log;
  private long changed;
  private long leftOut;

  RunNotes(Log log) {
    this.log = log;
  }

  /** Logs what is left out by intent. */
  void leftOut(LeftOut left) {
    leftOut++;
    if (leftOut <= SHOWN) {
      log.info("left out: " + ROOT.resolve(left.name()) + ": " + left.why());
    }
  }

  @Override
  public synchronized void changed(RawPath path, String how) {
    changed++;
    if (changed <= SHOWN) {
      log.warn(path + " " + how);
    }
  }

  /** Files that changed or vanished while they were read. */
  synchronized long changedFiles() {
    return changed;
  }

  /** Says how many notes were not shown. */
  void finish() {
    if (leftOut > SHOWN) {
      log.info("left out: " + (leftOut - SHOWN) + " more; the index lists all");
    }
    if (changed > SHOWN) {
      log.warn((changed - SHOWN) + " more files changed or vanished while they were read");
    }
  }
}
