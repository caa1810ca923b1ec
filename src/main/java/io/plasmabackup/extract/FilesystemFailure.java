package io.plasmabackup.extract;

import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import java.util.Set;

/** Tells failures of a filesystem, after which there is no point in going on, from all others. */
final class FilesystemFailure {

  private static final Set<Errno> ERRORS =
      Set.of(
          Errno.ENOSPC,
          Errno.EDQUOT,
          Errno.EIO,
          Errno.EROFS,
          Errno.ENOMEM,
          Errno.EMFILE,
          Errno.ENFILE,
          Errno.ESTALE,
          Errno.EUCLEAN);

  private FilesystemFailure() {}

  /** Whether this is one; else it concerns one member only. */
  static boolean is(ErrnoException e) {
    return ERRORS.contains(e.errno());
  }
}
