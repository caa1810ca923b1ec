package io.plasmabackup.btrfs;

/** An item of the filesystem's trees that isn't what its key says. */
final class MalformedItemException extends Exception {

  private static final long serialVersionUID = 1;

  MalformedItemException(String message) {
    super(message);
  }
}
