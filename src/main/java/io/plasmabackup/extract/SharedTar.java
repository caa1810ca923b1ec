package io.plasmabackup.extract;

import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.tar.TarMember.Extent;
import java.util.Set;

/**
 * A tar in a file, whose blocks other files on the same filesystem can have: what is aligned to
 * blocks there, as the large members of our own archives are, is shared, and the rest is copied.
 * May be used by several threads.
 */
final class SharedTar {

  /** Of filesystems: only whole ones can be shared. */
  private static final int BLOCK = 4096;

  /** Less is copied in less time. */
  private static final int SHARE_FROM = 32 * 1024;

  /** How the kernel says that sharing is not possible between these two filesystems at all. */
  private static final Set<Errno> NEVER =
      Set.of(Errno.EXDEV, Errno.EOPNOTSUPP, Errno.ENOTTY, Errno.ENOSYS, Errno.EPERM);

  /** How it says so of a file: it is another's kind, such as one that is written in place. */
  private static final Set<Errno> NOT_THIS_ONE = Set.of(Errno.EINVAL, Errno.ETXTBSY);

  private final Fd tar;
  private volatile boolean possible = true;

  /** Uses a file that stays the caller's. */
  SharedTar(Fd tar) {
    this.tar = tar;
  }

  /**
   * Whether an extent's data is rather to be had by {@link #fill} than to be read.
   *
   * @param position where in the tar it starts
   */
  boolean isWorthIt(Extent extent, long position) {
    return possible
        && extent.length() >= SHARE_FROM
        && extent.offset() % BLOCK == 0
        && position % BLOCK == 0;
  }

  /**
   * Gives a file an extent's data.
   *
   * @param extent one that is worth it
   * @param position where in the tar it starts
   */
  void fill(Fd file, Extent extent, long position) throws ErrnoException, Refusal {
    long shared = possible ? share(file, extent, position) : 0;
    long left = extent.length() - shared;
    try {
      // Shared or not: what the disk can't give any more is to be told now, and not when the file
      // is needed.
      long there =
          tar.touch(position, shared)
              + file.copy(tar, position + shared, left, extent.offset() + shared);
      if (there < extent.length()) {
        throw new Refusal("has data that the archive has lost: it has become shorter");
      }
    } catch (ErrnoException e) {
      if (e.operation().equals(Fd.READ)) {
        throw new Refusal("has data that the archive has lost: " + e.getMessage());
      }
      throw e;
    }
  }

  /** Shares as much as can be; gives how much that is. */
  private long share(Fd file, Extent extent, long position) throws ErrnoException {
    long blocks = extent.length() - extent.length() % BLOCK;
    try {
      file.share(tar, position, blocks, extent.offset());
      return blocks;
    } catch (ErrnoException e) {
      if (NEVER.contains(e.errno())) {
        possible = false;
      } else if (!NOT_THIS_ONE.contains(e.errno())) {
        throw e;
      }
      return 0;
    }
  }
}
