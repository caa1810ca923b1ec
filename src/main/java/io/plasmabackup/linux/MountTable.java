package io.plasmabackup.linux;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What is mounted where in our mount namespace, and which of it a path leads to. Immutable.
 *
 * <p>Paths here are canonical: absolute, without links, {@code .} and {@code ..}, and without a
 * slash at the end.
 */
public final class MountTable {

  private static final RawPath ROOT = RawPath.of("/");

  /** The place of a mount's own options in a line, counted from 0. */
  private static final int OPTIONS = 5;

  private final List<Mount> mounts;
  private final Set<Long> idMapped;
  private final Map<Long, Mount> byId = new HashMap<>();

  /** What the kernel finds when it looks for a mount. */
  private final Map<Place, Mount> mounted = new HashMap<>();

  /** The values of {@link #mounted} by their parent's id. */
  private final Map<Long, List<Mount>> children = new HashMap<>();

  /** The id of the mount that {@code /} is in, which need not be in the table. */
  private final OptionalLong root;

  /** A path as seen in the mount with the id {@code mount}, which another may hide there. */
  private record Place(long mount, RawPath path) {}

  /**
   * A table of any mounts.
   *
   * @param mounts in any order; of several with the same id the first counts, so that each has one
   *     parent and no walk from the root can go in circles
   */
  public MountTable(List<Mount> mounts) {
    this(mounts, Set.of());
  }

  private MountTable(List<Mount> mounts, Set<Long> idMapped) {
    this.mounts = List.copyOf(mounts);
    this.idMapped = Set.copyOf(idMapped);
    for (Mount mount : this.mounts) {
      if (byId.putIfAbsent(mount.id(), mount) == null && mount.parent() != mount.id()) {
        mounted.put(new Place(mount.parent(), mount.mountPoint()), mount);
      }
    }
    for (Mount mount : mounted.values()) {
      children.computeIfAbsent(mount.parent(), id -> new ArrayList<>()).add(mount);
    }
    root = root();
  }

  /**
   * A path starts in our root directory itself, not in what is mounted over it, where {@code /..}
   * alone leads. So of the mounts at {@code /} it is the lowest one, whose parent is itself or out
   * of our sight. After a chroot(2) into a directory that is no mount point, the mount around it
   * isn't listed, but it is the parent that the lowest mounts have in common; there is one at
   * {@code /proc}, or we could not read this.
   */
  private OptionalLong root() {
    List<Mount> lowest =
        mounts.stream()
            .filter(mount -> mount.parent() == mount.id() || !byId.containsKey(mount.parent()))
            .toList();
    Optional<Mount> atRoot =
        lowest.stream().filter(mount -> mount.mountPoint().equals(ROOT)).findFirst();
    OptionalLong unlisted =
        lowest.stream()
            .filter(mount -> mount.parent() != mount.id() && !mount.mountPoint().equals(ROOT))
            .mapToLong(Mount::parent)
            .filter(parent -> atRoot.isEmpty() || atRoot.get().parent() == parent)
            .findFirst();
    return unlisted.isPresent() || atRoot.isEmpty() ? unlisted : OptionalLong.of(atRoot.get().id());
  }

  /**
   * Whether the mount is known to show owners as the filesystem has them: it is in the table, and
   * isn't one that maps ids, as containers have them (mount_setattr(2), MOUNT_ATTR_IDMAP).
   */
  public boolean showsTrueOwners(long id) {
    return byId.containsKey(id) && !idMapped.contains(id);
  }

  /** Reads the table of this process. */
  public static MountTable read() throws IOException {
    return parse(Files.readAllBytes(Path.of("/proc/self/mountinfo")));
  }

  /**
   * Reads the format of proc_pid_mountinfo(5).
   *
   * @throws IOException naming the line that is not of that format
   */
  public static MountTable parse(byte[] mountinfo) throws IOException {
    List<Mount> mounts = new ArrayList<>();
    Set<Long> idMapped = new HashSet<>();
    int start = 0;
    for (int end = 0; end < mountinfo.length; end++) {
      if (mountinfo[end] == '\n') {
        String line = new String(mountinfo, start, end - start, StandardCharsets.ISO_8859_1);
        Mount mount = parseLine(line);
        mounts.add(mount);
        if (List.of(line.split(" ", -1)[OPTIONS].split(",", -1)).contains("idmapped")) {
          idMapped.add(mount.id());
        }
        start = end + 1;
      }
    }
    if (start < mountinfo.length) {
      throw malformed(
          new String(mountinfo, start, mountinfo.length - start, StandardCharsets.ISO_8859_1));
    }
    return new MountTable(mounts, idMapped);
  }

  /**
   * Latin-1 keeps every byte as one character, so that names of any bytes survive the splitting.
   */
  private static Mount parseLine(String line) throws IOException {
    String[] fields = line.split(" ", -1);
    int separator = 6;
    while (separator < fields.length && !fields[separator].equals("-")) {
      separator++;
    }
    String[] device = fields.length > 2 ? fields[2].split(":", -1) : fields;
    if (separator + 2 >= fields.length || device.length != 2) {
      throw malformed(line);
    }
    try {
      return new Mount(
          Long.parseLong(fields[0]),
          Long.parseLong(fields[1]),
          new DeviceNumber(Integer.parseInt(device[0]), Integer.parseInt(device[1])),
          unescape(fields[3]),
          unescape(fields[4]),
          fields[separator + 1],
          unescape(fields[separator + 2]));
    } catch (IllegalArgumentException notANumberOrNul) {
      throw malformed(line);
    }
  }

  private static IOException malformed(String line) {
    return new IOException(
        "/proc/self/mountinfo has a line of an unknown form: "
            + RawPath.wrap(line.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /**
   * The kernel writes space, tab, newline, backslash and {@code #} as a backslash and three octal
   * digits.
   */
  static RawPath unescape(String field) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(field.length());
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && isOctal(field, i + 1)) {
        bytes.write(Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        bytes.write(field.charAt(i));
      }
    }
    return RawPath.copyOf(bytes.toByteArray());
  }

  private static boolean isOctal(String field, int from) {
    if (from + 3 > field.length()) {
      return false;
    }
    for (int i = from; i < from + 3; i++) {
      if (field.charAt(i) < '0' || field.charAt(i) > '7') {
        return false;
      }
    }
    return field.charAt(from) <= '3';
  }

  /** All mounts, in the order in which they were given; in the kernel's if it was read. */
  public List<Mount> mounts() {
    return mounts;
  }

  /** The mount with this id; empty if it has come or gone since the table was read. */
  public Optional<Mount> byId(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /**
   * The mount that a path is in, as the kernel finds it: from the root on, a mount at each place on
   * the way is entered, then whatever lies on that one.
   *
   * @param path canonical; need not exist
   * @return empty if that mount isn't listed, after a chroot(2)
   */
  public Optional<Mount> at(RawPath path) {
    OptionalLong found = idAt(path);
    return found.isPresent() ? byId(found.getAsLong()) : Optional.empty();
  }

  private OptionalLong idAt(RawPath path) {
    if (root.isEmpty()) {
      return root;
    }
    long mount = root.getAsLong();
    for (RawPath place : places(ROOT, path)) {
      mount = over(mount, place).map(Mount::id).orElse(mount);
    }
    return OptionalLong.of(mount);
  }

  /** The topmost of the mounts that lie on each other at a place of {@code mount}. */
  private Optional<Mount> over(long mount, RawPath place) {
    Optional<Mount> top = Optional.empty();
    Mount next = mounted.get(new Place(mount, place));
    // No more can lie there than there are, but in a table that is no tree they may go in circles.
    for (int i = 0; next != null && i < mounts.size(); i++) {
      top = Optional.of(next);
      next = mounted.get(new Place(next.id(), place));
    }
    return top;
  }

  /** What a path goes through on its way from {@code from}, an ancestor, to {@code to}, with it. */
  private static List<RawPath> places(RawPath from, RawPath to) {
    List<RawPath> places = new ArrayList<>();
    int shortest = Math.max(from.length(), ROOT.length());
    for (RawPath place = to; place.length() > shortest; place = place.parent()) {
      places.add(place);
    }
    return places.reversed();
  }

  /**
   * The mounts that can be seen strictly below a folder: the topmost at each place, and none that
   * another mount hides.
   *
   * @param folder canonical
   * @return ascending by mount point
   */
  public List<Mount> visibleBelow(RawPath folder) {
    List<Mount> visible = new ArrayList<>();
    Deque<Branch> open = new ArrayDeque<>();
    idAt(folder).ifPresent(mount -> open.push(new Branch(mount, folder)));
    while (!open.isEmpty()) {
      Branch branch = open.pop();
      for (Mount child : children.getOrDefault(branch.mount(), List.of())) {
        if (isSeen(child, branch)) {
          Mount top = over(child.id(), child.mountPoint()).orElse(child);
          visible.add(top);
          open.push(new Branch(top.id(), top.mountPoint()));
        }
      }
    }
    // In a table that is no tree, one may be reached in two ways.
    return visible.stream().distinct().sorted(Comparator.comparing(Mount::mountPoint)).toList();
  }

  /** What a mount shows from a folder on, of which it is the topmost. */
  private record Branch(long mount, RawPath folder) {}

  /** Whether the way to a child leads through no other child. */
  private boolean isSeen(Mount child, Branch branch) {
    RawPath place = child.mountPoint();
    return !place.equals(branch.folder())
        && place.startsWith(branch.folder())
        && places(branch.folder(), place.parent()).stream()
            .noneMatch(passed -> mounted.containsKey(new Place(branch.mount(), passed)));
  }
}
