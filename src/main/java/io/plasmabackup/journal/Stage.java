package io.plasmabackup.journal;

/** How far a run has come. */
public enum Stage {
  /** Any of the snapshots and partial files may have been made, or none. */
  PLANNED,
  /** All snapshots are made. */
  SNAPSHOTS_MADE,
  /** The archive has its final name; what is left is to be taken away. */
  PUBLISHED,
  /** It is over, and has left its snapshots for whoever wants to look into them. */
  KEPT
}
