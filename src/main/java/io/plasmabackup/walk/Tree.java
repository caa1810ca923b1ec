package io.plasmabackup.walk;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import java.util.OptionalLong;

/**
 * A folder, file or link to walk.
 *
 * @param base an open directory, which the walk doesn't close
 * @param relative where it is below {@code base}; empty for {@code base} itself
 * @param name what it is called in the archive: its path on the live system without the leading
 *     slash
 * @param mount id of the mount that it must be on; empty where that cannot change
 * @param earlier the last transaction of btrfs that an earlier archive of the same subvolume has;
 *     empty where there is none
 */
public record Tree(
    Fd base,
    RawPath relative,
    RawPath name,
    Source source,
    OptionalLong mount,
    OptionalLong earlier) {

  /** One of which there is no earlier archive. */
  public Tree(Fd base, RawPath relative, RawPath name, Source source, OptionalLong mount) {
    this(base, relative, name, source, mount, OptionalLong.empty());
  }

  /** One on a mount that stays. */
  public Tree(Fd base, RawPath relative, RawPath name, Source source) {
    this(base, relative, name, source, OptionalLong.empty());
  }

  /** What a tree is read from, and with that how far it reaches. */
  public enum Source {
    /** A snapshot, in which nothing changes. It has nothing of subvolumes nested in its source. */
    SNAPSHOT,
    /** What is there now, on one filesystem, with all subvolumes that can be written to. */
    LIVE,
    /** What is there now, of one subvolume: what a snapshot would have. */
    LIVE_SUBVOLUME;

    /** Whether it can change while it is walked. */
    boolean isLive() {
      return this != SNAPSHOT;
    }
  }

  boolean live() {
    return source.isLive();
  }
}
