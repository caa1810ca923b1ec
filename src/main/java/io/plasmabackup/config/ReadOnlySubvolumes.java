package io.plasmabackup.config;

/** What becomes of a read-only subvolume (a snapshot, mostly) inside a folder. */
public enum ReadOnlySubvolumes {
  /** It is left out, and listed as left out. */
  EXCLUDE("exclude"),
  /** It is archived as it is. */
  INCLUDE("include");

  private final String text;

  ReadOnlySubvolumes(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
