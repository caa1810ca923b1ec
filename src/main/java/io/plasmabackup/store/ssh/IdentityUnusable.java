package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** The private key that the user has named can't be used; no connection was made. */
public final class IdentityUnusable extends Failure {

  private static final long serialVersionUID = 1;

  IdentityUnusable(String message) {
    super(ExitCode.CONNECTION, message);
  }
}
