package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import io.plasmabackup.walk.LeftOut;
import org.jspecify.annotations.Nullable;

/** Tells of what is left out, while it passes by. */
record LoggedStream(EntryStream items, RunNotes notes) implements EntryStream {

  @Override
  public @Nullable Item next() throws Failure {
    Item item = items.next();
    if (item instanceof LeftOut leftOut) {
      notes.leftOut(leftOut);
    }
    return item;
  }

  @Override
  public void close() {
    items.close();
  }
}
