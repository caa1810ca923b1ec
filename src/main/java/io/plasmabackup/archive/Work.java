package io.plasmabackup.archive;

import java.util.Optional;

/**
 * What was done for an archive: where its bytes come from, and what has changed since the one
 * before it.
 *
 * @param readBytes data of files that was read, without holes
 * @param packedBytes bytes of the archive that were made anew: segments, as they are stored
 * @param sentBytes bytes of the archive that were handed to the storage by this program
 * @param copiedBytes bytes of it that the storage copied from the earlier archive
 * @param clonedBytes of these, the ones that share its blocks, as far as that is known
 * @param sharedBytes bytes of it that nobody has read, as their blocks are shared with the files
 * @param changes empty if there is nothing to compare with
 */
public record Work(
    long readBytes,
    long packedBytes,
    long sentBytes,
    long copiedBytes,
    long clonedBytes,
    long sharedBytes,
    Optional<Changes> changes) {

  /** When all has been read. */
  Work withoutShared() {
    return new Work(readBytes, packedBytes, sentBytes, copiedBytes, clonedBytes, 0, changes);
  }
}
