package io.plasmabackup.walk;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;

/**
 * A folder to walk.
 *
 * @param base an open directory, which the walk doesn't close
 * @param relative the folder, file or link below {@code base}; empty for {@code base} itself
 * @param name what it is called in the archive: its path on the live system without the leading
 *     slash
 * @param live whether it can change while it is walked
 * @param oneSubvolume whether to walk a live folder as if it was a snapshot: not into other
 *     filesystems, and not into other subvolumes, which are refused
 */
public record Tree(Fd base, RawPath relative, RawPath name, boolean live, boolean oneSubvolume) {

  /** A tree that is all that can be reached from its root. */
  public Tree(Fd base, RawPath relative, RawPath name, boolean live) {
    this(base, relative, name, live, false);
  }
}
