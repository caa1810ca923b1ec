package io.plasmabackup.walk;

import io.plasmabackup.linux.RawPath;

/**
 * Is told of files of a live folder that aren't archived as they were at one point in time. Called
 * by several threads.
 */
public interface Notes {

  /** Says what happened to the file, in words that follow its path. */
  void changed(RawPath path, String how);
}
