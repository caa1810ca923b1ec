package io.plasmabackup.extract;

import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import java.util.Set;

/** What an extraction that was killed has left in a directory under a {@link TemporaryName}. */
final class Leftovers {

  private Leftovers() {}

  /**
   * Removes it.
   *
   * @param members names in the directory that only look like temporary ones
   */
  static void remove(Fd directory, Set<RawPath> members) throws ErrnoException {
    Listing names = directory.list();
    for (int i = 0; i < names.size(); i++) {
      RawPath name = names.name(i);
      if (TemporaryName.is(name) && !members.contains(name)) {
        try {
          remove(directory, name);
        } catch (ErrnoException e) {
          if (!e.is(Errno.ENOENT)) {
            throw e;
          }
        }
      }
    }
  }

  private static void remove(Fd directory, RawPath name) throws ErrnoException {
    switch (directory.statusAt(name).type()) {
      case DIRECTORY -> {}
      case REGULAR -> {
        try (Fd file = directory.openAt(name, Fd.Use.READ)) {
          // Else another extraction is just writing it.
          if (file.status().type() == FileStatus.Type.REGULAR && file.tryLock()) {
            Changes.remove(directory, name);
          }
        }
      }
      default -> Changes.remove(directory, name);
    }
  }
}
