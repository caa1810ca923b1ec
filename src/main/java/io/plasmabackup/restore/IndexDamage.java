package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** An index isn't what it should be; nothing is said of its archive. */
final class IndexDamage extends Failure {

  private static final long serialVersionUID = 1;

  IndexDamage(String message) {
    super(ExitCode.DAMAGED, message);
  }
}
