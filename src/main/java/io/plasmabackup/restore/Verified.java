package io.plasmabackup.restore;

/**
 * What was found to be right with an archive.
 *
 * @param archive its file name
 * @param extent what was looked at
 * @param bytes of the archive that were read
 * @param members that were compared with the index, or, without one, that are in order
 * @param undigested bytes that no digest is known of, as they were never read (reflink)
 */
public record Verified(String archive, Extent extent, long bytes, long members, long undigested) {

  /** How much of an archive was looked at. */
  public enum Extent {
    /** Its size, and some segments. */
    SAMPLES,
    /** That it is a tar from its start to its end; there is no index. */
    STRUCTURE,
    /** Every byte and every member, by the index. */
    ALL
  }
}
