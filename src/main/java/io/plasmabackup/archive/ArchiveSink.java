package io.plasmabackup.archive;

import io.plasmabackup.Failure;

/** Takes an archive's (or an index's) bytes, in order. */
@FunctionalInterface
public interface ArchiveSink {

  /** The array is the caller's again when this returns. */
  void write(byte[] bytes, int offset, int length) throws Failure;
}
