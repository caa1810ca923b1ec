package io.plasmabackup.archive;

/**
 * Is told how many bytes of an archive's tar have been handed to its sink, in all: before they are
 * compressed, so that the total is known. Called by one thread.
 */
@FunctionalInterface
public interface Progress {
  void packed(long tarBytes);
}
