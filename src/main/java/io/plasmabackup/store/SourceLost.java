package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/**
 * The file that an upload was to have ranges of is gone or isn't what it was, or the storage copies
 * nothing after all. It can be mended by writing the same stream into a new upload, without it.
 */
public final class SourceLost extends Failure {

  private static final long serialVersionUID = 1;

  public SourceLost(String message) {
    super(ExitCode.STORAGE, message);
  }
}
