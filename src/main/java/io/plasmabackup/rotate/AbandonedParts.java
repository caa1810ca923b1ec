package io.plasmabackup.rotate;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.StoredFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The partial files of uploads that were cut off and that nobody continued. Nothing of such an
 * archive was written for long: neither by our clock, nor by the folder's latest file, which tells
 * the time where the storage has another clock than we, or our clock is wrong.
 */
final class AbandonedParts {

  /** Nothing of an archive must have been written for longer than this. */
  static final Duration AGE = Duration.ofDays(7);

  private AbandonedParts() {}

  /**
   * By the archive that they would have become, oldest first: its own partial file, its index's,
   * its record's, or several. What belongs to one archive has one age, that of its latest change,
   * for an index may wait long for its archive.
   *
   * @param files everything in the folder, untrusted; a time in the future is not old
   */
  static SortedMap<ArchiveName, List<StoredFile>> among(Collection<StoredFile> files, Instant now) {
    Map<ArchiveName, Instant> changed = new HashMap<>();
    SortedMap<ArchiveName, List<StoredFile>> parts = new TreeMap<>();
    Instant latest = Instant.MIN;
    for (StoredFile file : files) {
      latest = later(latest, file.modified());
      Optional<String> complete = FileNames.ofPart(file.name());
      archive(complete.orElse(file.name()))
          .ifPresent(archive -> {
            changed.merge(archive, file.modified(), AbandonedParts::later);
            if (complete.isPresent()) {
              parts.computeIfAbsent(archive, none -> new ArrayList<>()).add(file);
            }
          });
    }
    Instant today = latest.isBefore(now) ? latest : now;
    parts
        .keySet()
        .removeIf(archive ->
            Duration.between(changed.getOrDefault(archive, today), today).compareTo(AGE) <= 0);
    return parts;
  }

  /** The archive that a file is, or whose index or record it is. */
  private static Optional<ArchiveName> archive(String fileName) {
    return ArchiveName.parse(fileName)
        .or(() -> ArchiveName.parseIndex(fileName))
        .or(() -> ArchiveName.parseRecord(fileName));
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }
}
