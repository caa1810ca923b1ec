package io.plasmabackup.archive;

/**
 * A segment as an earlier archive has it.
 *
 * @param offset in that archive
 * @param stored bytes there
 * @param tar bytes of tar
 * @param sha256 32 bytes, of the stored bytes; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record StoredSegment(long offset, int stored, int tar, byte[] sha256) {

  /** Where it ends in that archive. */
  long end() {
    return offset + stored;
  }
}
