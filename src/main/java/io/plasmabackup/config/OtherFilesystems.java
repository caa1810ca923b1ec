package io.plasmabackup.config;

/** What becomes of a filesystem that is mounted inside a folder and isn't a pseudo filesystem. */
public enum OtherFilesystems {
  /** It is archived: from a snapshot if it is btrfs, else from its mount, with a warning. */
  INCLUDE("include"),
  /** It is left out, and listed as left out. */
  SKIP("skip"),
  /** The run ends before anything is read. */
  FAIL("fail");

  private final String text;

  OtherFilesystems(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
