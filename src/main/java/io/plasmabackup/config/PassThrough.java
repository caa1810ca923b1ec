package io.plasmabackup.config;

/** What becomes of extents that btrfs keeps compressed with zstd already. */
public enum PassThrough {
  /** Those of at least 32 KiB go into the archive as they are; smaller ones with what is around. */
  AUTO("auto"),
  /** All that can go into the archive as they are. */
  ALWAYS("always"),
  /** All are decompressed and compressed again, with the archive's level. */
  NEVER("never");

  private final String text;

  PassThrough(String text) {
    this.text = text;
  }

  /** As it stands in the configuration. */
  public String text() {
    return text;
  }
}
