package io.plasmabackup.config;

/** How much of what an upload has stored is compared before it goes on after it was cut off. */
public enum ReadBack {
  /** What was confirmed last; the whole is compared when the upload is complete. */
  LAST("last"),
  /** All of it, which costs the time to read it over the line. */
  ALL("all");

  private final String text;

  ReadBack(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
