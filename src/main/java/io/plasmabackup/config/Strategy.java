package io.plasmabackup.config;

/** How the folders are read. */
public enum Strategy {
  /** The live folders, as they are while they are read. */
  TAR("tar"),
  /** Read-only snapshots of the subvolumes that hold the folders. */
  BTRFS_SNAPSHOT("btrfs-snapshot"),
  /** Nothing: an empty archive, to try out the way to the storage. */
  NOOP("noop");

  private final String text;

  Strategy(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
