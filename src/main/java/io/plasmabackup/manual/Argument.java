package io.plasmabackup.manual;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.ArgSpec;

/**
 * What a shell may offer as an argument.
 *
 * @param words nothing but these; empty for what a shell can't know, or for files
 */
record Argument(boolean files, boolean directories, List<String> words) {

  private static final Set<String> FILES = Set.of("FILE", "PATH");
  private static final Set<String> DIRECTORIES = Set.of("DIR", "WHERE");
  private static final String ARCHIVE = "ARCHIVE";

  /** By its label; or the words it may be. */
  static Argument of(ArgSpec argument) {
    if (argument.completionCandidates() != null) {
      return new Argument(
          false,
          false,
          StreamSupport.stream(argument.completionCandidates().spliterator(), false)
              .map(word -> word.toLowerCase(Locale.ROOT))
              .toList());
    }
    String label = argument.paramLabel();
    return new Argument(
        FILES.contains(label),
        DIRECTORIES.contains(label),
        label.equals(ARCHIVE) ? List.of("latest") : List.of());
  }
}
