package io.plasmabackup.config;

/** How it is found out what has changed since an earlier archive. */
public enum ChangeDetection {
  /** By what the filesystem says, where it can be relied on. */
  AUTO("auto"),
  /** By reading: nothing is copied from an earlier archive. */
  FULL("full");

  private final String text;

  ChangeDetection(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
