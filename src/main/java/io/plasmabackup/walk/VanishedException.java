package io.plasmabackup.walk;

import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.RawPath;

/** A file of a live folder that went away between being listed and being read. */
public final class VanishedException extends Exception {

  public VanishedException(RawPath name) {
    super(name + " vanished before it could be read");
  }

  /**
   * Whether a name that was there a moment ago is gone, or something else has taken it: a link
   * (ELOOP), no directory any more (ENOTDIR), a socket (ENXIO), no link any more (EINVAL of
   * readlink(2)), another file (ESTALE).
   */
  static boolean isReason(ErrnoException e) {
    return e.is(Errno.ENOENT)
        || e.is(Errno.ENOTDIR)
        || e.is(Errno.ELOOP)
        || e.is(Errno.ENXIO)
        || e.is(Errno.EINVAL)
        || e.is(Errno.ESTALE);
  }
}
