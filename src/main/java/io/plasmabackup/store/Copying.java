package io.plasmabackup.store;

/** How a store has ranges of one of its files copied into another. */
public enum Copying {
  /** Not at all. */
  NOTHING(""),
  /** The kernel, in a folder of this machine. */
  BY_KERNEL(""),
  /** The server's SFTP, which copies bytes. */
  BY_COPY_DATA(" (by the server's copy-data)"),
  /** {@code plasma-store} on the server, where blocks can't be shared. */
  BY_PROGRAM(" (by plasma-store, which compares it)"),
  /** {@code plasma-store} on the server, by sharing blocks. */
  BY_PROGRAM_SHARING(" (by plasma-store, which shares its blocks and compares it)");

  private final String text;

  Copying(String text) {
    this.text = text;
  }

  /** For people, to be appended to what is said of it; empty or with a space in front. */
  public String text() {
    return text;
  }
}
