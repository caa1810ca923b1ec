package io.plasmabackup.extract;

/** What is done where a member's name is taken. A directory is never replaced by anything else. */
public enum Overwrite {
  /** What is there stays. */
  NEVER,
  /** What was modified before the member was is replaced. */
  OLDER,
  /** Whatever is there is replaced. */
  ALWAYS
}
