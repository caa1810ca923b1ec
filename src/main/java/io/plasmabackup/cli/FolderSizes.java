package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.EntryStream;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts what each target folder contributes, while its entries pass by on their way to somebody
 * else.
 */
final class FolderSizes implements EntryStream {

  /**
   * What is in a folder, without the other target folders in it.
   *
   * @param dataBytes bytes of file data, without holes
   */
  record FolderSize(long entries, long dataBytes) {}

  private final EntryStream entries;
  private final Map<RawPath, FolderSize> sizes = new HashMap<>();
  private RawPath current = RawPath.EMPTY;

  /** Closes {@code entries} when it is closed. */
  FolderSizes(Plan plan, EntryStream entries) {
    this.entries = entries;
    plan.targets().forEach(target -> sizes.put(target.memberName(), new FolderSize(0, 0)));
  }

  FolderSize of(Target target) {
    return sizes.getOrDefault(target.memberName(), new FolderSize(0, 0));
  }

  @Override
  public @Nullable Entry next() throws Failure {
    Entry entry = entries.next();
    if (entry != null) {
      // Each target's entries come in one run, which begins with the target itself.
      if (sizes.containsKey(entry.name())) {
        current = entry.name();
      }
      long data = entry.kind() instanceof Kind.RegularFile file ? file.dataLength() : 0;
      sizes.computeIfPresent(
          current, (name, size) -> new FolderSize(size.entries() + 1, size.dataBytes() + data));
    }
    return entry;
  }

  @Override
  public void close() {
    entries.close();
  }
}
