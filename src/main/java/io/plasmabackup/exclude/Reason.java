package io.plasmabackup.exclude;

/** Why something under a target folder is not archived. */
public enum Reason {
  /** A pattern of the administrator's names it. */
  EXCLUDED("excluded"),
  /** What a directory with a CACHEDIR.TAG holds besides. */
  CACHE("cache"),
  /** Has the flag that asks backups to leave it out. */
  NO_DUMP("noDump"),
  SOCKET("socket"),
  /** Is mounted there; the mount point itself is archived. */
  MOUNT("mount"),
  READ_ONLY_SUBVOLUME("readOnlySubvolume"),
  /** Is shown in another place too, and archived there. */
  DUPLICATE("duplicate"),
  /** Is where Plasma itself keeps something. */
  OWN("own"),
  /** Cannot be reached, as something is mounted over it. */
  HIDDEN("hidden");

  private final String text;

  Reason(String text) {
    this.text = text;
  }

  /** For machines. */
  public String text() {
    return text;
  }
}
