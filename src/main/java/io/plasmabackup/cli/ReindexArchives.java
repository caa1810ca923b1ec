package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.ArchiveList;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.restore.Reindexed;
import io.plasmabackup.restore.Reindexer;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore reindex}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Makes an index for archives that have none, or a damaged one, or another archive's, by"
          + " reading all of the archive.",
      ""
    },
    footer = {
      "",
      "A good index is never replaced: to have it made anew all the same, delete it first. Any tar"
          + " can get an index, by its full file name.",
      "",
      "What an archive doesn't tell of itself (host, run, snapshots, times of change) is not in a"
          + " rebuilt index, and it vouches only for what was there when it was made. A damaged"
          + " archive gets none: this then says where the damage is, and ends with exit status 16,"
          + " when all archives have been looked at."
    })
final class ReindexArchives implements Callable<ExitCode> {

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(arity = "0..*", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private List<String> archives = List.of();

  @Option(
      names = "--all",
      description = "Look at all archives, the oldest first. Tars of other names are left alone.")
  private boolean all;

  @Override
  public ExitCode call() throws Failure {
    if (all != archives.isEmpty()) {
      throw new Failure(
          ExitCode.USAGE,
          (all ? "takes archives or --all, not both" : "takes an archive, or --all")
              + "; see plasma-restore reindex --help");
    }
    Log log = new Log("plasma-restore", System.out, System.err);
    ExitCode result = ExitCode.OK;
    try (Store store = where.open(log)) {
      for (String archive : all ? complete(store) : archives) {
        try {
          reindex(store, archive, log);
        } catch (Failure e) {
          if (e.exitCode() != ExitCode.DAMAGED) {
            throw e;
          }
          log.error(e.getMessage() == null ? e.toString() : e.getMessage());
          result = ExitCode.DAMAGED;
        }
      }
    }
    return result;
  }

  private static List<String> complete(Store store) throws Failure {
    return ArchiveList.of(store).stream()
        .filter(archive -> archive.state() != ListedArchive.State.PARTIAL)
        .filter(archive -> archive.name().suffix() != ArchiveName.Suffix.TAR_ZST_AGE)
        .map(archive -> archive.name().fileName())
        .toList();
  }

  private void reindex(Store store, String archive, Log log) throws Failure {
    Reindexer reindexer = new Reindexer(store, archive, Build.version());
    Optional<String> problem = reindexer.problem();
    String name = FileNames.shown(reindexer.name());
    if (problem.isEmpty()) {
      log.info(name + ": has a good index, which is left as it is");
      return;
    }
    log.info(problem.get() + "; reading the archive");
    try (Store target = where.open(log)) {
      Reindexed reindexed = reindexer.rebuild(target);
      log.info(
          String.format(
              Locale.ROOT,
              "%s: index made of all of %s, %,d members",
              name,
              Sizes.rounded(reindexed.bytes()),
              reindexed.members()));
    }
  }
}
