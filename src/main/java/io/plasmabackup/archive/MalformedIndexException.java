package io.plasmabackup.archive;

import java.io.IOException;

/** What should be an index is none, or a damaged one. The message says what is wrong with it. */
public final class MalformedIndexException extends IOException {

  private static final long serialVersionUID = 1;

  public MalformedIndexException(String message) {
    super(message);
  }

  public MalformedIndexException(String message, Throwable cause) {
    super(message, cause);
  }
}
