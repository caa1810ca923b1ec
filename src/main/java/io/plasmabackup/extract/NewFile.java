package io.plasmabackup.extract;

import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;
import java.util.Set;

/**
 * A file that has no name until it is complete, so that whatever happens nothing half-written looks
 * whole. Where the filesystem knows no such files it has a name that nobody mistakes for another's.
 */
final class NewFile implements AutoCloseable {

  /** How filesystems and kernels say that they don't know O_TMPFILE: open(2). */
  private static final Set<Errno> NO_UNNAMED =
      Set.of(Errno.EOPNOTSUPP, Errno.EISDIR, Errno.EINVAL, Errno.ENOENT);

  private final Fd directory;
  private final Fd file;

  /** The name that it has meanwhile; empty if it has none. */
  private Optional<RawPath> temporary;

  private NewFile(Fd directory, Fd file, Optional<RawPath> temporary) {
    this.directory = directory;
    this.file = file;
    this.temporary = temporary;
  }

  /**
   * Creates one.
   *
   * @param directory where it is to be; stays the caller's
   * @param mode its permissions, less the umask, if nobody can open it before it is complete; else
   *     it is one that nobody else may read
   */
  static NewFile in(Fd directory, int mode) throws ErrnoException {
    try {
      return new NewFile(directory, directory.createUnnamed(mode), Optional.empty());
    } catch (ErrnoException e) {
      if (!NO_UNNAMED.contains(e.errno())) {
        throw e;
      }
      RawPath name = TemporaryName.next();
      NewFile made = new NewFile(directory, directory.createAt(name), Optional.of(name));
      made.lock();
      return made;
    }
  }

  /**
   * While it has a name that isn't its own, so that {@link Leftovers} of others are told from it.
   * Where there are no locks, they stay.
   */
  private void lock() {
    try {
      var _ = file.tryLock();
    } catch (ErrnoException noLocks) {
      // Nobody else gets one either.
    }
  }

  /** Whether it was created with the permissions that were asked for. */
  boolean hasMode() {
    return temporary.isEmpty();
  }

  /** To write to, and to set what belongs to it. */
  Fd file() {
    return file;
  }

  /** Gives it its name; one that is taken is an error (EEXIST), and it can be tried again. */
  void publish(RawPath name) throws ErrnoException {
    if (temporary.isPresent()) {
      Changes.renameToNew(directory, temporary.get(), name);
      temporary = Optional.empty();
    } else {
      Changes.link(file, directory, name);
    }
  }

  /** Gives it a name that is taken; what had it is gone. */
  void replace(RawPath name) throws ErrnoException {
    if (temporary.isEmpty()) {
      lock();
      RawPath linked = TemporaryName.next();
      Changes.link(file, directory, linked);
      temporary = Optional.of(linked);
    }
    Changes.rename(directory, temporary.get(), name);
    temporary = Optional.empty();
  }

  @Override
  public void close() throws ErrnoException {
    try {
      if (temporary.isPresent()) {
        Changes.remove(directory, temporary.get());
      }
    } finally {
      file.close();
    }
  }
}
