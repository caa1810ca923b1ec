package io.plasmabackup.archive;

/**
 * Is told how many bytes of an archive have been handed to its sink, in all. Called by one thread.
 */
@FunctionalInterface
public interface Progress {
  void stored(long bytes);
}
