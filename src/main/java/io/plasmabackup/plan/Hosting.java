package io.plasmabackup.plan;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;

/** How well a subvolume's root directory is suited to hold a filesystem's snapshots. */
public enum Hosting {
  /** It belongs to us, so that nobody else can keep us from making a directory there. */
  OURS,
  /** It belongs to another user. */
  SHARED,
  /**
   * Nothing can be made or removed there: the subvolume or its mount is read-only, or it has a flag
   * of chattr(1) that says so.
   */
  NONE;

  /** Looks at an open root directory. */
  static Hosting of(Fd root, FileStatus status, SubvolumeInfo info) throws ErrnoException {
    if (info.readOnly()
        || status.isImmutable()
        || status.isAppendOnly()
        || root.isOnReadOnlyMount()) {
      return NONE;
    }
    return status.uid() == Accounts.effectiveUser() ? OURS : SHARED;
  }
}
