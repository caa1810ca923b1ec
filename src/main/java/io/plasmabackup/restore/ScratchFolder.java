package io.plasmabackup.restore;

import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A new folder that nobody else can look into, and that is gone with all that is in it when it is
 * closed. It is locked meanwhile, so that those of killed processes can be told and taken away.
 */
final class ScratchFolder implements AutoCloseable {

  private static final String PREFIX = ".plasma-drill-";
  private static final int RANDOM_BYTES = 12;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int PRIVATE = 0700;

  private final Fd parent;
  private final RawPath name;
  private final Fd directory;

  private ScratchFolder(Fd parent, RawPath name, Fd directory) {
    this.parent = parent;
    this.name = name;
    this.directory = directory;
  }

  /**
   * Makes one, after what killed processes of the same user have left is taken away.
   *
   * @param parent stays the caller's, and open; may be one that everybody can write to
   */
  static ScratchFolder in(Fd parent) throws ErrnoException {
    Listing names = parent.list();
    for (int i = 0; i < names.size(); i++) {
      if (names.name(i).toString().startsWith(PREFIX)) {
        removeAbandoned(parent, names.name(i));
      }
    }
    while (true) {
      byte[] random = new byte[RANDOM_BYTES];
      RANDOM.nextBytes(random);
      RawPath name = RawPath.of(PREFIX + HexFormat.of().formatHex(random));
      parent.makeDirectoryAt(name, PRIVATE);
      Fd directory = parent.openBeneath(name, Fd.Use.DIRECTORY);
      if (isOurs(directory) && directory.tryLock() && has(parent, name, directory)) {
        return new ScratchFolder(parent, name, directory);
      }
      // Another one took it for abandoned before it was locked, and removes it.
      directory.close();
    }
  }

  private static void removeAbandoned(Fd parent, RawPath name) throws ErrnoException {
    try (Fd directory = parent.openBeneath(name, Fd.Use.DIRECTORY)) {
      if (isOurs(directory) && directory.tryLock()) {
        remove(parent, name, directory);
      }
    } catch (ErrnoException e) {
      // Somebody else's, or gone already.
      if (!e.is(Errno.ENOENT)
          && !e.is(Errno.ENOTDIR)
          && !e.is(Errno.ELOOP)
          && !e.is(Errno.EACCES)) {
        throw e;
      }
    }
  }

  private static boolean isOurs(Fd directory) throws ErrnoException {
    FileStatus status = directory.status();
    return status.uid() == Accounts.effectiveUser() && (status.permissions() & 077) == 0;
  }

  private static boolean has(Fd parent, RawPath name, Fd directory) throws ErrnoException {
    try {
      return parent.statusAt(name).isSameFile(directory.status());
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  /** The folder itself. */
  Fd directory() {
    return directory;
  }

  /** Where it is, for messages. */
  RawPath path() {
    return directory.shownPath();
  }

  private static void remove(Fd parent, RawPath name, Fd directory) throws ErrnoException {
    empty(directory, directory.status().mount());
    parent.removeDirectoryAt(name);
  }

  /** Leaves what is mounted there alone; the folder then stays, which is an error. */
  private static void empty(Fd directory, long mount) throws ErrnoException {
    Listing names = directory.list();
    for (int i = 0; i < names.size(); i++) {
      RawPath name = names.name(i);
      if (names.isNoDirectory(i) || !directory.statusAt(name).isDirectory()) {
        Changes.remove(directory, name);
        continue;
      }
      try (Fd inner = openToEmpty(directory, name)) {
        if (inner.status().mount() == mount) {
          empty(inner, mount);
        }
      }
      directory.removeDirectoryAt(name);
    }
  }

  private static Fd openToEmpty(Fd parent, RawPath name) throws ErrnoException {
    if (Accounts.effectiveUser() != 0) {
      // It may have been restored as one that its owner can't change.
      Changes.setPermissions(parent, name, PRIVATE);
    }
    return parent.openBeneath(name, Fd.Use.DIRECTORY);
  }

  /**
   * Removes it.
   *
   * @throws ErrnoException if something of it stays
   */
  @Override
  public void close() throws ErrnoException {
    try (directory) {
      remove(parent, name, directory);
    }
  }
}
