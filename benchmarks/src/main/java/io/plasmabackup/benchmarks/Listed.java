package io.plasmabackup.benchmarks;

import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Entries that are in memory. */
record Listed(Iterator<Item> entries) implements EntryStream {

  @Override
  public @Nullable Item next() {
    return entries.hasNext() ? entries.next() : null;
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
