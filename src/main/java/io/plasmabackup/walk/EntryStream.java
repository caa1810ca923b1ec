package io.plasmabackup.walk;

import io.plasmabackup.Failure;
import org.jspecify.annotations.Nullable;

/**
 * Entries, one after another, each directory before what is in it. Used by one thread at a time.
 */
public interface EntryStream extends AutoCloseable {

  /** The next entry; null at the end. */
  @Nullable Entry next() throws Failure;

  /** Ends the stream: the contents of its entries cannot be opened any more. */
  @Override
  void close();
}
