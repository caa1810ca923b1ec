package io.plasmabackup.archive;

import io.plasmabackup.linux.RawPath;

/** Is told where an archive isn't what an earlier one is. Called by the thread that stores. */
@FunctionalInterface
public interface Differences {

  /**
   * What was read between two members, these among them, isn't what was read then, though nothing
   * says that it was changed.
   */
  void found(RawPath first, RawPath last);
}
