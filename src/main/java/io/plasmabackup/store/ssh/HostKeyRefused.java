package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** The server is not known to be the right one: nothing that trying again could change. */
public final class HostKeyRefused extends Failure {

  private static final long serialVersionUID = 1;

  HostKeyRefused(String message) {
    super(ExitCode.CONNECTION, message);
  }
}
