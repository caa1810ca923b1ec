package io.plasmabackup.store.serve;

import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.ArchiveName;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An archive of which others have ranges. It is opened once, and looked at before each range is
 * taken: what is written to it meanwhile would otherwise go unnoticed.
 */
final class SourceFile implements AutoCloseable {

  /** Of filesystems that share blocks, or a multiple of theirs. */
  private static final int BLOCK = 4096;

  private static final int PRIVATE_FILE = 0600;

  /** How kernels and filesystems say that these ranges, or any, can't be shared. */
  private static final Set<Errno> NOT_SHARED =
      Set.of(
          Errno.EINVAL,
          Errno.ETXTBSY,
          Errno.EXDEV,
          Errno.EOPNOTSUPP,
          Errno.ENOTTY,
          Errno.ENOSYS,
          Errno.EPERM);

  private final Fd file;
  private final FileStatus opened;

  private SourceFile(Fd file, FileStatus opened) {
    this.file = file;
    this.opened = opened;
  }

  /**
   * Opens it.
   *
   * @param size what it must have, in bytes
   * @param modified when it must have been written to last, in seconds since 1970
   */
  static SourceFile open(Fd folder, ArchiveName name, long size, long modified)
      throws ErrnoException, Refused {
    Fd file = folder.openAt(RawPath.of(name.fileName()), Fd.Use.READ);
    try {
      FileStatus status = file.status();
      if (status.type() != FileStatus.Type.REGULAR) {
        throw new Refused(name + " is not a file");
      }
      if (status.size() != size || status.modified().seconds() != modified) {
        throw new Refused(name + " is not the one that is meant: size or time differ");
      }
      return new SourceFile(file, status);
    } catch (ErrnoException | Refused e) {
      file.close();
      throw e;
    }
  }

  /** Whether new files in the folder can have its blocks, found out by trying. */
  boolean isShareable(Fd folder) {
    if (opened.size() < BLOCK) {
      return false;
    }
    try (Fd unnamed = folder.createUnnamed(PRIVATE_FILE)) {
      unnamed.share(file, 0, BLOCK, 0);
      return true;
    } catch (ErrnoException e) {
      // For a message only: each range is tried for itself.
      return false;
    }
  }

  /** Lets the target have a range, whose whole blocks it shares where the filesystem can. */
  CopiedBytes copyTo(TargetFile target, long from, long length, long at, WriteGuard guard)
      throws IOException {
    if (from > opened.size() - length) {
      throw new Refused("the range goes beyond the end of " + file);
    }
    FileStatus now = file.status();
    if (now.size() != opened.size() || !now.modified().equals(opened.modified())) {
      throw new Refused(file + " has changed");
    }
    if (at > Long.MAX_VALUE - length) {
      throw new Refused("no file is as long as that");
    }
    AtomicReference<CopiedBytes> copied = new AtomicReference<>(new CopiedBytes(0, 0));
    guard.allow(
        target.file(),
        target.name(),
        at + length,
        () -> copied.set(copyTo(target.file(), from, length, at)));
    return copied.get();
  }

  private CopiedBytes copyTo(Fd target, long from, long length, long at)
      throws ErrnoException, Refused {
    long whole = from % BLOCK == 0 && at % BLOCK == 0 ? length / BLOCK * BLOCK : 0;
    long shared = whole > 0 && share(target, from, whole, at) ? whole : 0;
    long rest = length - shared;
    if (target.copy(file, from + shared, rest, at + shared) < rest) {
      throw new Refused(file + " has become shorter");
    }
    return new CopiedBytes(shared, rest);
  }

  private boolean share(Fd target, long from, long length, long at) throws ErrnoException {
    try {
      target.share(file, from, length, at);
      return true;
    } catch (ErrnoException e) {
      if (NOT_SHARED.contains(e.errno())) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
