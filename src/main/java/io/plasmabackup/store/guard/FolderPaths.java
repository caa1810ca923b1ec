package io.plasmabackup.store.guard;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * By which paths a client may call the folder and what is in it: by that of the folder, as the
 * administrator wrote it or as it is without links, from the root or from where the account starts;
 * and, as if it were all there is, by {@code /} and {@code .}. It is a comparison of texts: nothing
 * of the filesystem is looked at, so nothing outside shows.
 */
public final class FolderPaths {

  /** The folder itself. */
  static final String FOLDER = "";

  private final String real;
  private final List<String> spellings;
  private final String start;

  private FolderPaths(String real, List<String> spellings, String start) {
    this.real = real;
    this.spellings = List.copyOf(spellings);
    this.start = start;
  }

  /**
   * @param given as the administrator wrote it
   * @param real the same without links
   * @param start where the account's commands start; absolute
   */
  static FolderPaths of(Path given, Path real, Path start) {
    List<String> spellings = new ArrayList<>();
    for (Path path : List.of(real, start.resolve(given))) {
      canonical(path.toString()).ifPresent(spellings::add);
    }
    return new FolderPaths(real.toString(), spellings, start.toString());
  }

  /** The folder's own path, without links. */
  String real() {
    return real;
  }

  /**
   * What an untrusted path stands for.
   *
   * @return a name without slashes in the folder, or {@link #FOLDER}; empty if it leads elsewhere
   */
  Optional<String> find(String path) {
    if (path.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    boolean absolute = path.startsWith("/");
    Optional<String> called =
        canonical(absolute ? path : start + "/" + path)
            .flatMap(full ->
                spellings.stream().flatMap(folder -> below(folder, full).stream()).findFirst());
    return called.isPresent() ? called : canonical("/" + path).flatMap(full -> below("/", full));
  }

  private static Optional<String> below(String folder, String path) {
    if (path.equals(folder)) {
      return Optional.of(FOLDER);
    }
    String start = folder.endsWith("/") ? folder : folder + "/";
    return path.startsWith(start) && path.indexOf('/', start.length()) < 0
        ? Optional.of(path.substring(start.length()))
        : Optional.empty();
  }

  /** Without what says nothing; empty if it goes up anywhere. */
  private static Optional<String> canonical(String path) {
    List<String> parts =
        Arrays.stream(path.split("/", -1)).filter(p -> !p.isEmpty() && !p.equals(".")).toList();
    return parts.contains("..") ? Optional.empty() : Optional.of("/" + String.join("/", parts));
  }
}
