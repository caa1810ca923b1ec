package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import java.nio.ByteBuffer;

/** Takes an archive's (or an index's) bytes, in order. */
@FunctionalInterface
public interface ArchiveSink {

  /** Takes all that remains in the buffer, which is the caller's again when this returns. */
  void write(ByteBuffer bytes) throws Failure;
}
