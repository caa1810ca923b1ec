package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** The server is the right one, and takes none of the keys that could be offered. */
public final class LoginRefused extends Failure {

  private static final long serialVersionUID = 1;

  LoginRefused(String message, Throwable cause) {
    super(ExitCode.CONNECTION, message, cause);
  }
}
