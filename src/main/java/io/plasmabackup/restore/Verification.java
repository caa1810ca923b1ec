package io.plasmabackup.restore;

import io.plasmabackup.restore.Verified.Extent;
import java.time.Instant;
import java.util.Optional;

/**
 * How an archive was found to be when it was last looked at.
 *
 * @param archive which one, and that it is still the same
 * @param time when that was done
 * @param extent what was looked at
 * @param damage what was found to be wrong, for people; empty if nothing was
 * @param bytes of the archive that were read, if nothing was wrong; else 0
 * @param members likewise
 * @param undigested likewise: bytes of which there is no digest, as they were never read (reflink)
 * @param tool program and version that looked
 */
public record Verification(
    Identity archive,
    Instant time,
    Extent extent,
    Optional<String> damage,
    long bytes,
    long members,
    long undigested,
    String tool) {

  /**
   * What tells an archive from another one that has its name, without reading it.
   *
   * @param name the file's name
   * @param size in bytes
   * @param modified when it was last written to, by the storage's clock, in whole seconds: a copy
   *     is another archive, which nobody has looked at yet
   * @param sha256 as its index says, where there is one that does
   */
  public record Identity(String name, long size, Instant modified, Optional<String> sha256) {}

  /** Whether nothing was wrong. */
  public boolean isRight() {
    return damage.isEmpty();
  }

  /**
   * Whether this is to be remembered in the place of {@code earlier}, of the same archive: what was
   * found to be wrong until all was found to be right, and that all was right until there is
   * something else to say.
   */
  boolean supersedes(Verification earlier) {
    if (!isRight()) {
      return true;
    }
    return earlier.isRight()
        ? extent.compareTo(earlier.extent) >= 0
        : extent == Extent.ALL || (extent == Extent.STRUCTURE && earlier.extent == extent);
  }
}
