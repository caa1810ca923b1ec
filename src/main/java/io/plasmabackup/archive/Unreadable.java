package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.RawPath;

/** What is said of a file that is listed, and whose data can't be had. */
final class Unreadable {

  private Unreadable() {}

  static Failure because(RawPath shown, ErrnoException e) {
    return new Failure(
        ExitCode.READ,
        "cannot read " + shown + ": " + e.getMessage() + "; no archive was published",
        e);
  }

  /**
   * Of a file that doesn't change, and is shorter than it was.
   *
   * @param position where in the file
   */
  static Failure endsAt(RawPath shown, long position) {
    return new Failure(ExitCode.READ, "cannot read " + shown + ": it ends at byte " + position);
  }
}
