package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** A stored file is encrypted, and nobody here has a key that opens it. */
public final class KeyMissing extends Failure {

  KeyMissing(ExitCode exitCode, String message) {
    super(exitCode, message);
  }
}
