package io.plasmabackup.walk;

import io.plasmabackup.Failure;
import org.jspecify.annotations.Nullable;

/**
 * What a walk comes upon, one after another, each directory before what is in it. Used by one
 * thread at a time.
 */
public interface EntryStream extends AutoCloseable {

  /** The next item; null at the end. */
  @Nullable Item next() throws Failure;

  /** Ends the stream: the contents of its entries cannot be opened any more. */
  @Override
  void close();
}
