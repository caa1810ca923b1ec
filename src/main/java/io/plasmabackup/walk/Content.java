package io.plasmabackup.walk;

import io.plasmabackup.linux.ErrnoException;

/** A file's data, to be opened by whoever wants to read it. */
public interface Content {

  /**
   * Opens the data; the caller closes it. Open as long as the stream that the entry came from is.
   *
   * @throws VanishedException if the file is gone, or another one has its name now: possible in a
   *     live folder only
   */
  OpenContent open() throws ErrnoException, VanishedException;

  /** Whether the data is what it was when an earlier archive was made of it. */
  default Since sinceEarlier() {
    return Since.UNKNOWN;
  }

  /** What the filesystem itself says of a file's data since an earlier archive. */
  enum Since {
    /** Nothing has touched the file. */
    UNTOUCHED,
    /** Something has; the data may still be the same. */
    TOUCHED,
    /** It doesn't say. */
    UNKNOWN
  }

  /** Whether the file can be written to while it is read: not in a snapshot. */
  boolean isLive();
}
