package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.ArchiveName.Suffix;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Chooses an archive name that nothing in the folder has, whatever the clock did: an hour that
 * comes twice, a jump back, another time zone.
 */
public final class FreeName {

  /** How many seconds, the run's own included, are tried. */
  private static final int SECONDS = 60;

  private FreeName() {}

  /**
   * The name of a run that starts at {@code time}.
   *
   * @throws Failure ({@link ExitCode#STORAGE}) if every name that may be chosen is taken; as {@link
   *     Store#list}
   */
  public static ArchiveName in(Store store, LocalDateTime time, Suffix suffix) throws Failure {
    Set<String> fileNames =
        store.list().stream().map(StoredFile::name).collect(Collectors.toUnmodifiableSet());
    return choose(fileNames, time, suffix)
        .orElseThrow(() ->
            new Failure(
                ExitCode.STORAGE,
                store.location()
                    + " has archives of this minute, and of each of the next "
                    + SECONDS
                    + " seconds, already; start again later, and see that the clock runs and that no two"
                    + " machines use one folder"));
  }

  /**
   * The name to the minute; where that is taken, with its seconds; else with those of one of the
   * following seconds, up to a minute of them. The label is always that of {@code time}'s date.
   *
   * @param fileNames everything in the folder. A name is also taken where only its index or its
   *     record of verification is there, or a file not yet complete.
   */
  public static Optional<ArchiveName> choose(
      Set<String> fileNames, LocalDateTime time, Suffix suffix) {
    ArchiveName shortest = ArchiveName.of(time, suffix);
    Stream<ArchiveName> longer =
        IntStream.range(0, SECONDS)
            .mapToObj(second ->
                new ArchiveName(time.plusSeconds(second), true, shortest.label(), suffix));
    return Stream.concat(Stream.of(shortest), longer)
        .filter(name -> isFree(name, fileNames))
        .findFirst();
  }

  private static boolean isFree(ArchiveName name, Set<String> fileNames) {
    return Stream.of(name.fileName(), name.indexName(), name.recordName())
        .noneMatch(taken -> fileNames.contains(taken) || fileNames.contains(FileNames.part(taken)));
  }
}
