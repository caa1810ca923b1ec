package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Which archive is meant by what somebody has typed. */
final class ArchiveChoice {

  private static final String LATEST = "latest";
  private static final List<String> TARS = List.of(".tar", ".tar.zst", ".tar.age", ".tar.zst.age");

  /** More would hide what is to be read. */
  private static final int MOST_NAMED = 5;

  private ArchiveChoice() {}

  /**
   * The file's name.
   *
   * @param wanted a file's name; {@code latest}; or how just one archive's name begins
   * @throws Failure if there is none, or more than one
   */
  static String of(Store store, String wanted) throws Failure {
    List<String> files = store.list().stream().map(StoredFile::name).toList();
    if (files.contains(wanted) && isTar(wanted)) {
      return wanted;
    }
    List<ArchiveName> archives =
        files.stream().map(ArchiveName::parse).flatMap(Optional::stream).sorted().toList();
    if (wanted.equals(LATEST)) {
      return archives.stream()
          .max(Comparator.naturalOrder())
          .orElseThrow(() -> none(store, "no archives"))
          .fileName();
    }
    List<String> beginning =
        archives.stream()
            .map(ArchiveName::fileName)
            .filter(name -> !wanted.isEmpty() && name.startsWith(wanted))
            .toList();
    if (beginning.isEmpty() && wanted.contains("/")) {
      throw new Failure(
          ExitCode.USAGE,
          FileNames.shown(wanted)
              + " is no archive's name; name the archive first (its file name, how that begins, or"
              + " latest), then a path in it; --from says in which folder it is");
    }
    if (beginning.isEmpty()) {
      throw none(store, "no archive " + FileNames.shown(wanted));
    }
    if (beginning.size() > 1) {
      throw new Failure(
          ExitCode.USAGE,
          "%d archives begin with %s: %s%s; name one of them"
              .formatted(
                  beginning.size(),
                  FileNames.shown(wanted),
                  String.join(", ", beginning.subList(0, Math.min(beginning.size(), MOST_NAMED))),
                  beginning.size() > MOST_NAMED ? ", ..." : ""));
    }
    return beginning.getFirst();
  }

  /** Whether a file is called as a tar that can be read. */
  static boolean isTar(String file) {
    return TARS.stream().anyMatch(file::endsWith);
  }

  private static Failure none(Store store, String what) {
    return new Failure(
        ExitCode.NOT_FOUND,
        "there is "
            + what
            + " in "
            + store.location()
            + "; plasma-restore list shows what there is");
  }
}
