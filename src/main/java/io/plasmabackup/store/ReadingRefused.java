package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** The storage takes archives, and gives nothing of them back to us: as its administrator wants. */
public final class ReadingRefused extends Failure {

  private static final long serialVersionUID = 1;

  public ReadingRefused(String message, Throwable cause) {
    super(ExitCode.STORAGE, message, cause);
  }
}
