package io.plasmabackup.config;

/** Whether an archive shares blocks with the files in it. */
public enum Reflink {
  /** Where it can: files of snapshots, in an uncompressed archive on the same btrfs. */
  AUTO("auto"),
  /** Nothing is shared: all is read, and digests are made of all. */
  NEVER("never");

  private final String text;

  Reflink(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
