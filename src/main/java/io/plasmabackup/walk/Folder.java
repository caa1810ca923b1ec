package io.plasmabackup.walk;

import io.plasmabackup.btrfs.Inode;
import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import org.jspecify.annotations.Nullable;

/** A directory that a walk is in, open, with the names that are still to come. */
final class Folder {

  final Tree tree;
  final Fd directory;
  final RawPath name;
  final FileStatus status;

  /** Absent: files are asked about one by one. */
  final @Nullable InodeReader inodes;

  private final Listing names;
  private KnownFiles known;
  private int next;

  /**
   * Takes over an open directory.
   *
   * @param names those of it that are to be walked
   */
  Folder(
      Tree tree,
      OpenFolder open,
      Listing names,
      RawPath name,
      FileStatus status,
      @Nullable InodeReader inodes) {
    this.tree = tree;
    this.directory = open.directory();
    this.names = names;
    this.name = name;
    this.status = status;
    this.inodes = inodes;
    // Places in another listing say nothing about this one.
    this.known = names == open.names() ? open.known() : KnownFiles.NONE;
  }

  boolean hasNext() {
    return next < names.size();
  }

  RawPath next() {
    return names.name(next++);
  }

  /** What is known of the file whose name was handed out last, without asking for it alone. */
  @Nullable Inode knownOfLast() throws ErrnoException {
    int last = next - 1;
    if (inodes == null || !names.isNoDirectory(last)) {
      return null;
    }
    if (!known.covers(last)) {
      known = KnownFiles.read(inodes, names, last);
    }
    return known.of(names.inode(last));
  }

  /** Makes room; what is known can be found out again. */
  void forget() {
    known = KnownFiles.NONE;
  }
}
