package io.plasmabackup.walk;

import io.plasmabackup.linux.RawPath;

/** A file of a live folder that went away between being listed and being read. */
public final class VanishedException extends Exception {

  public VanishedException(RawPath name) {
    super(name + " vanished before it could be read");
  }
}
