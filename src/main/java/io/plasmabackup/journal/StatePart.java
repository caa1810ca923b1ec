package io.plasmabackup.journal;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a configuration's runs have to leave behind of their work for one target. */
public final class StatePart {

  private static final Pattern RUN = Pattern.compile("[0-9A-Za-z][0-9A-Za-z-]*");

  /** With a dot, which no run has in its id. */
  private static final String RESULTS = "results.json";

  private final Path directory;

  /**
   * The part in a directory.
   *
   * @param directory which only the user who runs this can write to; it need not be there to be
   *     read
   */
  StatePart(Path directory) {
    this.directory = directory;
  }

  /**
   * What earlier runs have left, the oldest first.
   *
   * @param journals that can be read
   * @param damaged directories of those that cannot, named by their runs
   */
  public record Unfinished(List<RunJournal> journals, List<Path> damaged) {}

  /** Looks for what earlier runs have left. Journals of runs that had made nothing are removed. */
  public Unfinished unfinished() throws Failure {
    Found found = found(directory);
    for (Path run : found.unbegun()) {
      forget(run);
    }
    return found.unfinished();
  }

  /**
   * What is in a directory.
   *
   * @param unbegun directories of runs that had made nothing
   */
  private record Found(List<RunJournal> journals, List<Path> damaged, List<Path> unbegun) {

    Unfinished unfinished() {
      return new Unfinished(journals, damaged);
    }
  }

  private static Found found(Path directory) throws Failure {
    List<Path> runs = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (RUN.matcher(entry.getFileName().toString()).matches()) {
          runs.add(entry);
        }
      }
    } catch (NoSuchFileException nothingYet) {
      return new Found(List.of(), List.of(), List.of());
    } catch (IOException e) {
      throw RunJournal.failure(directory, e);
    }
    runs.sort(null);
    List<RunJournal> journals = new ArrayList<>();
    List<Path> damaged = new ArrayList<>();
    List<Path> unbegun = new ArrayList<>();
    for (Path run : runs) {
      Optional<RunJournal> journal = RunJournal.read(run);
      if (journal.isPresent()) {
        journals.add(journal.get());
      } else if (RunJournal.isBegun(run)) {
        damaged.add(run);
      } else {
        unbegun.add(run);
      }
    }
    return new Found(journals, damaged, unbegun);
  }

  /** Removes a journal of which nothing can be read. */
  public void forget(Path run) throws Failure {
    try {
      RunJournal.remove(run);
    } catch (IOException e) {
      throw RunJournal.failure(run, e);
    }
  }

  /** Begins the journal of a new run: what it names is about to be made. */
  public RunJournal begin(RunRecord record) throws Failure {
    if (!RUN.matcher(record.run()).matches()) {
      throw new IllegalArgumentException("not a run's id: " + record.run());
    }
    return RunJournal.create(directory.resolve(record.run()), record);
  }

  /**
   * Adds how a run has ended to what is known of those before it.
   *
   * @return all that is known now
   */
  public RunResults note(RunResult result) throws Failure {
    try {
      RunResults results =
          results().map(earlier -> earlier.then(result)).orElseGet(() -> RunResults.of(result));
      new CheckedFile(directory, RESULTS).write(RunResultsJson.write(results));
      return results;
    } catch (IOException e) {
      throw RunJournal.failure(directory, e);
    }
  }

  /** How runs have ended; empty if there was none, or none of it can be read. */
  Optional<RunResults> results() throws Failure {
    try {
      return new CheckedFile(directory, RESULTS).read().flatMap(RunResultsJson::read);
    } catch (IOException e) {
      throw RunJournal.failure(directory, e);
    }
  }

  /** What can be seen, changing nothing. */
  Unfinished seen() throws Failure {
    return found(directory).unfinished();
  }

  private boolean namesSnapshotsOf(String run) throws Failure {
    return RunJournal.read(directory.resolve(run))
        .filter(journal -> !journal.record().snapshots().isEmpty())
        .isPresent();
  }

  /**
   * Whether a run's snapshots, which all its journals name, are in the journal of another part,
   * too.
   *
   * @param parts of the same configuration, this one included
   */
  public boolean sharesSnapshots(String run, List<StatePart> parts) throws Failure {
    for (StatePart part : parts) {
      if (!part.directory.equals(directory) && part.namesSnapshotsOf(run)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StatePart part && directory.equals(part.directory);
  }

  @Override
  public int hashCode() {
    return directory.hashCode();
  }
}
