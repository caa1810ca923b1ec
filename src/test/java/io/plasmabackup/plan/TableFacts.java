package io.plasmabackup.plan;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What an inspection would find on a machine of which there is nothing but the mount table. */
final class TableFacts {

  private static final Pattern SUBVOLUME = Pattern.compile("subvolid=(\\d+),subvol=(\\S+)$");

  private final MountTable mounts;
  private final Map<Long, Place> places = new HashMap<>();

  /** A subvolume, and its path in the filesystem. */
  private record Place(long subvolume, RawPath path) {}

  private TableFacts(List<String> lines) throws IOException {
    String text = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    mounts = MountTable.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    for (String line : lines) {
      Matcher matcher = SUBVOLUME.matcher(line);
      if (matcher.find()) {
        places.put(
            Long.parseLong(line.substring(0, line.indexOf(' '))),
            new Place(Long.parseLong(matcher.group(1)), RawPath.of(matcher.group(2))));
      }
    }
  }

  /** Of the tables of real layouts. */
  static TableFacts of(String layout) throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(
            MountTable.class.getResourceAsStream("mountinfo/" + layout + ".txt"), layout)) {
      return new TableFacts(
          new String(stream.readAllBytes(), StandardCharsets.ISO_8859_1)
              .lines()
              .filter(line -> Character.isDigit(line.charAt(0)))
              .toList());
    }
  }

  FolderFacts folder(String path) {
    RawPath folder = RawPath.of(path);
    Mount mount = mounts.at(folder).orElseThrow();
    List<PartFacts> parts =
        mounts.visibleBelow(folder).stream()
            .map(inner ->
                new PartFacts(
                    inner.mountPoint(), inner, true, subvolume(inner, inner.mountPoint())))
            .toList();
    return new FolderFacts(
        folder,
        FileStatus.Type.DIRECTORY,
        folder,
        mount,
        subvolume(mount, folder),
        Optional.empty(),
        parts,
        List.of());
  }

  private Optional<SubvolumeFacts> subvolume(Mount mount, RawPath path) {
    Place place = places.get(mount.id());
    return place == null
        ? Optional.empty()
        : Optional.of(
            new SubvolumeFacts(
                root(place, mount),
                mount.within(path).orElseThrow().relativeTo(place.path()),
                info(place.subvolume(), false),
                Hosting.OURS));
  }

  /** Where a mount of that filesystem shows the subvolume's root. */
  private Optional<RawPath> root(Place place, Mount mount) {
    return mounts.mounts().stream()
        .filter(
            other -> other.device().equals(mount.device()) && place.path().startsWith(other.root()))
        .map(other -> other.mountPoint().resolve(place.path().relativeTo(other.root())))
        .findFirst();
  }

  static SubvolumeInfo info(long id, boolean readOnly) {
    return new SubvolumeInfo(
        id, new UUID(1, id), new UUID(0, 0), 7, 3, readOnly, Instant.ofEpochSecond(1));
  }
}
