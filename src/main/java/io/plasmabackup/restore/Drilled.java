package io.plasmabackup.restore;

import io.plasmabackup.extract.Extracted;

/**
 * How a drill went.
 *
 * @param archive the archive's file name
 * @param verified what was compared with the index's digests
 * @param extracted what has become of the members
 * @param compared members that were compared with what was extracted
 * @param differences members that are not as the archive has them
 */
public record Drilled(
    String archive, Verified verified, Extracted extracted, long compared, long differences) {

  /** Whether all came back as it is in the archive. */
  public boolean isComplete() {
    return differences == 0 && extracted.isComplete();
  }
}
