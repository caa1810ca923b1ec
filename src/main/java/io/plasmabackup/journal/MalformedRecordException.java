package io.plasmabackup.journal;

/** What was read isn't what was written. */
final class MalformedRecordException extends Exception {

  private static final long serialVersionUID = 1;

  MalformedRecordException(String message) {
    super(message);
  }

  MalformedRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
