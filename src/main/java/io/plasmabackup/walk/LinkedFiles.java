package io.plasmabackup.walk;

import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.RawPath;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Files with several names of which some are still to come. */
final class LinkedFiles {

  private final Map<FileId, First> files = new HashMap<>();

  /**
   * Under which name a file came first, and what its other names don't tell.
   *
   * @param missing names that haven't come
   */
  record First(RawPath name, Set<Metadata.Flag> flags, int missing) {}

  /** Remembers a file that came for the first time. */
  void add(FileStatus status, RawPath name, Set<Metadata.Flag> flags) {
    if (status.links() > 1) {
      files.put(status.id(), new First(name, flags, status.links() - 1));
    }
  }

  /**
   * Where a file came earlier; null if it did not.
   *
   * @param live whether the file may get further names meanwhile; else it is forgotten with its
   *     last one, so that links within one folder, the common case, take up no memory
   */
  @Nullable First another(FileStatus status, boolean live) {
    if (status.links() <= 1) {
      return null;
    }
    First first = files.get(status.id());
    if (first != null && !live) {
      if (first.missing() == 1) {
        files.remove(status.id());
      } else {
        files.put(status.id(), new First(first.name(), first.flags(), first.missing() - 1));
      }
    }
    return first;
  }

  /** How many are remembered. */
  int size() {
    return files.size();
  }
}
