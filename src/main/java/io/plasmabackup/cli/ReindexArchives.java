package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.Reindexed;
import io.plasmabackup.restore.Reindexer;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code plasma-restore reindex}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Makes an index for archives that have no good one.",
      "For that it reads all of the archive.",
      ""
    })
final class ReindexArchives implements Callable<ExitCode> {

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Mixin private SeveralArchives archives = new SeveralArchives();

  @Override
  public ExitCode call() throws Failure {
    archives.require("reindex");
    Log log = new Log("plasma-restore", System.out, System.err);
    ExitCode result = ExitCode.OK;
    try (Store store = where.open(log)) {
      for (String archive : archives.in(store, name -> !ArchiveName.isEncrypted(name.fileName()))) {
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

  private void reindex(Store store, String archive, Log log) throws Failure {
    Reindexer reindexer = new Reindexer(store, archive, Build.version());
    Optional<String> problem = reindexer.problem();
    String name = FileNames.shown(reindexer.name());
    if (problem.isEmpty()) {
      log.info(name + ": has a good index, which is left as it is");
      return;
    }
    if (ArchiveName.isEncrypted(reindexer.name())) {
      throw new Failure(
          ExitCode.REFUSED,
          problem.get()
              + "; no index is made of an encrypted archive, as it would not be encrypted: the"
              + " archive is read without one");
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
