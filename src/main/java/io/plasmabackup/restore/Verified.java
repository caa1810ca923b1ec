package io.plasmabackup.restore;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

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

  /** How much of an archive was looked at, from little to much. */
  public enum Extent {
    /** Its size, and some segments. */
    SAMPLES,
    /** That it is a tar from its start to its end; there is no index. */
    STRUCTURE,
    /** Every byte and every member, by the index. */
    ALL;

    /** For machines. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Extent> of(String text) {
      return Arrays.stream(values()).filter(extent -> extent.text().equals(text)).findFirst();
    }
  }
}
