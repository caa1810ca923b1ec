package io.plasmabackup.restore;

import io.plasmabackup.linux.RawPath;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The order that members have in an archive: by the folders that they are of, in ascending order;
 * in each depth first, the names of a directory in ascending order of their bytes.
 */
final class MemberOrder implements Comparator<RawPath> {

  /** Without the leading slash, as members' names are. */
  private final List<RawPath> folders;

  /**
   * The order in one archive.
   *
   * @param folders as its index has them: absolute paths
   */
  MemberOrder(List<String> folders) {
    this.folders =
        folders.stream()
            .map(RawPath::of)
            .map(folder -> folder.relativeTo(RawPath.of("/")))
            .sorted()
            .toList();
  }

  List<RawPath> folders() {
    return folders;
  }

  @Override
  public int compare(RawPath one, RawPath other) {
    int byFolder = Integer.compare(folder(one), folder(other));
    return byFolder != 0 ? byFolder : depthFirst(one, other);
  }

  /** Whether a member can come after another one, whatever order the folders themselves have. */
  boolean mayFollow(RawPath before, RawPath next) {
    return folder(before) != folder(next) || depthFirst(before, next) < 0;
  }

  /** Which of the folders; those that are in none come last. */
  private int folder(RawPath path) {
    for (int i = 0; i < folders.size(); i++) {
      if (path.startsWith(folders.get(i))) {
        return i;
      }
    }
    return folders.size();
  }

  /** A slash comes before any other byte: what is in a directory follows it at once. */
  private static int depthFirst(RawPath one, RawPath other) {
    byte[] bytes = one.toBytes();
    byte[] others = other.toBytes();
    for (int i = 0; i < bytes.length && i < others.length; i++) {
      if (bytes[i] != others[i]) {
        return bytes[i] == '/'
            ? -1
            : others[i] == '/' ? 1 : Byte.compareUnsigned(bytes[i], others[i]);
      }
    }
    return Integer.compare(bytes.length, others.length);
  }

  /** What is behind {@code directory} and all that is in it, and before all else. */
  static RawPath behind(RawPath directory) {
    byte[] bytes = Arrays.copyOf(directory.toBytes(), directory.length() + 1);
    // No name has this byte's predecessor, NUL.
    bytes[directory.length()] = 1;
    return RawPath.copyOf(bytes);
  }
}
