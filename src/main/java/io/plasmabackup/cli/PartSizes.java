package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import io.plasmabackup.walk.LeftOut;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts what each part of a plan contributes, and collects what is left out, while both pass by on
 * their way to somebody else.
 */
final class PartSizes implements EntryStream {

  /**
   * What is in a part, without the other parts in it.
   *
   * @param dataBytes bytes of file data, without holes
   */
  record PartSize(long entries, long dataBytes) {

    private static final PartSize NONE = new PartSize(0, 0);

    private PartSize plus(Entry entry) {
      long data = entry.kind() instanceof Kind.RegularFile file ? file.dataLength() : 0;
      return new PartSize(entries + 1, dataBytes + data);
    }
  }

  private final EntryStream items;
  private final Map<RawPath, PartSize> sizes = new HashMap<>();

  /** The part that the walk is in, on top, and those around it. */
  private final Deque<RawPath> around = new ArrayDeque<>();

  private final List<LeftOut> leftOut = new ArrayList<>();

  /** Closes {@code items} when it is closed. */
  PartSizes(Plan plan, EntryStream items) {
    this.items = items;
    plan.parts()
        .filter(part -> !(part.reading() instanceof NotRead))
        .forEach(part -> sizes.put(part.name(), PartSize.NONE));
  }

  PartSize of(Part part) {
    return sizes.getOrDefault(part.name(), PartSize.NONE);
  }

  /** What has passed by, in the archive's order. */
  List<LeftOut> leftOut() {
    return List.copyOf(leftOut);
  }

  @Override
  public @Nullable Item next() throws Failure {
    Item item = items.next();
    switch (item) {
      case Entry entry -> count(entry);
      case LeftOut left -> leftOut.add(left);
      case null -> {}
    }
    return item;
  }

  private void count(Entry entry) {
    while (!around.isEmpty() && !entry.name().startsWith(around.peek())) {
      around.pop();
    }
    if (sizes.containsKey(entry.name())) {
      around.push(entry.name());
    }
    if (!around.isEmpty()) {
      sizes.computeIfPresent(around.peek(), (name, size) -> size.plus(entry));
    }
  }

  @Override
  public void close() {
    items.close();
  }
}
