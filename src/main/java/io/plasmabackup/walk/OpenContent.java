package io.plasmabackup.walk;

import io.plasmabackup.linux.ErrnoException;

/** A file's data, open for reading. Has one owner, who closes it. */
public interface OpenContent extends AutoCloseable {

  /**
   * Reads from {@code position} on until {@code length} bytes are there or the file ends.
   *
   * @return bytes read
   */
  int read(long position, byte[] into, int offset, int length) throws ErrnoException;

  /** Whether the file's size or times are not any more what they were when its entry was made. */
  boolean hasChanged() throws ErrnoException;

  @Override
  void close();
}
