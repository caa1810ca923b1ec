package io.plasmabackup.archive;

import io.plasmabackup.Failure;

/**
 * Is told of each piece of an archive that has been handed to its sink: a segment, or what fills
 * the gap before one. The pieces follow on each other from the archive's start; the trailer alone
 * is none, and from the first one on with shared blocks, none is told of: they have no digests.
 * Called by the thread that hands them on.
 */
@FunctionalInterface
public interface SegmentListener {

  /** Takes no notice. */
  SegmentListener NONE = (offset, length, sha256) -> {};

  /**
   * A piece was handed on.
   *
   * @param offset in the archive
   * @param length in bytes, at least 1
   * @param sha256 of these bytes; the listener's from now on
   */
  void stored(long offset, int length, byte[] sha256) throws Failure;
}
