package io.plasmabackup.walk;

import io.plasmabackup.linux.RawPath;

/**
 * Is told what is not in the backup as one might expect it to be. Called by one thread at a time.
 */
public interface Notes {

  /** Something under a target folder that is not archived, by intent. */
  void leftOut(RawPath path, String why);

  /** A file of a live folder that isn't archived as it was at one point in time. */
  void changed(RawPath path, String how);
}
