package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** An index isn't what it should be; nothing is said of its archive. */
final class IndexDamage extends Failure {

  private static final long serialVersionUID = 1;

  /**
   * @param shown where the index is
   */
  IndexDamage(String shown, String why) {
    super(
        ExitCode.DAMAGED,
        shown
            + " is damaged: "
            + why
            + "; the archive may be whole all the same, and tar reads it without its index");
  }
}
