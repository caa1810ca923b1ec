package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.ArchiveList;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments that say which archives a command looks at, one after the other. */
final class SeveralArchives {

  @Parameters(arity = "0..*", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private List<String> archives = List.of();

  @Option(names = "--all", description = "All archives, the oldest first.")
  private boolean all;

  /**
   * Refuses arguments that don't say which.
   *
   * @param command its name, for the message
   */
  void require(String command) throws Failure {
    if (all != archives.isEmpty()) {
      throw new Failure(
          ExitCode.USAGE,
          (all ? "takes archives or --all, not both" : "takes an archive, or --all")
              + "; see plasma-restore "
              + command
              + " --help");
    }
  }

  /**
   * What they are called.
   *
   * @param possible which of all can be looked at
   */
  List<String> in(Store store, Predicate<ArchiveName> possible) throws Failure {
    return all
        ? ArchiveList.of(store).stream()
            .filter(archive -> archive.state() != ListedArchive.State.PARTIAL)
            .map(ListedArchive::name)
            .filter(possible)
            .map(ArchiveName::fileName)
            .toList()
        : archives;
  }
}
