package io.plasmabackup.store;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import java.io.InputStream;
import java.util.Optional;

/**
 * What is in a stored file, which nobody writes to any more. Used by one thread; closed by whoever
 * opened it. Failures are those of {@link Store}.
 */
public interface StoredBytes extends AutoCloseable {

  /** Bytes in the file. */
  long size();

  /**
   * Reads from {@code position} on until {@code length} bytes are there or the file ends.
   *
   * @return how many bytes were read
   */
  int read(long position, byte[] into, int offset, int length) throws Failure;

  /**
   * All from {@code position} to the file's end, read ahead. While it is in use nothing else here
   * may be used. It need not be closed; an {@link java.io.IOException} of it has the {@link
   * Failure} as its cause.
   */
  InputStream stream(long position);

  /**
   * The file itself, where it is one of this machine: so that other files can have its blocks. As
   * long as this is open; it is not to be closed.
   */
  default Optional<Fd> file() throws Failure {
    return Optional.empty();
  }

  @Override
  void close() throws Failure;
}
