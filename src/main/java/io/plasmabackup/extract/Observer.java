package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;

/**
 * Is told what isn't in the folder as the archive has it; of each such thing once, by any thread,
 * but never by two at a time.
 */
public interface Observer {

  /** A member was not extracted, for what it is. */
  void refused(RawPath name, String why);

  /** A member was not extracted, as something else is there. */
  void kept(RawPath name, String why);

  /** A member was extracted, but not all of it could be restored. */
  void incomplete(RawPath name, String what);
}
