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

  /** Absent: nothing is read ahead. */
  private LookAhead.@Nullable Place place;

  private Listing names;
  private KnownFiles known;
  private int next;

  /** Takes over an open directory, and the place that it is in the look-ahead. */
  Folder(
      Tree tree,
      OpenFolder open,
      RawPath name,
      FileStatus status,
      @Nullable InodeReader inodes,
      LookAhead.@Nullable Place place) {
    this.tree = tree;
    this.directory = open.directory();
    this.names = open.names();
    this.name = name;
    this.status = status;
    this.inodes = inodes;
    this.place = place;
    this.known = open.known();
  }

  /** Leaves out all other names, before any was handed out. */
  void keepOnly(RawPath kept) {
    names = names.only(kept);
    // Places in the other listing say nothing about this one.
    known = KnownFiles.NONE;
    leavePlace();
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

  /** What has been read ahead of the name that was handed out last. */
  LookAhead.@Nullable Place aheadOfLast() {
    int last = next - 1;
    return place == null || names.isNoDirectory(last) ? null : place.at(last);
  }

  /** Where the walk is when it has read that name itself. */
  LookAhead.@Nullable Place enterLast(RawPath path, OpenFolder open) {
    return place == null ? null : place.enter(next - 1, path, open);
  }

  /** Makes room; what is known can be found out again. */
  void forget() {
    known = KnownFiles.NONE;
  }

  void close() {
    leavePlace();
    directory.close();
  }

  private void leavePlace() {
    if (place != null) {
      place.close();
      place = null;
    }
  }
}
