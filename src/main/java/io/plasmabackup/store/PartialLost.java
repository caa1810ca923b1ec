package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/**
 * The storage no longer has what it had confirmed of an upload: the partial file is gone, shorter,
 * or another one. No other failure can be mended by writing the same stream into a new upload.
 */
public final class PartialLost extends Failure {

  private static final long serialVersionUID = 1;

  public PartialLost(String message) {
    super(ExitCode.STORAGE, message);
  }
}
