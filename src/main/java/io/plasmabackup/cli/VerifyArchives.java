package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.ArchiveList;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.restore.Verified;
import io.plasmabackup.restore.Verifier;
import io.plasmabackup.store.Store;
import java.security.SecureRandom;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Reads archives, and compares every byte and every member with what the index says.",
      ""
    },
    footer = {
      "",
      "An archive without an index is only seen to be a tar from its start to its end. Damage ends"
          + " this with exit status 16, when all archives have been looked at."
    })
final class VerifyArchives implements Callable<ExitCode> {

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(arity = "0..*", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private List<String> archives = List.of();

  @Option(names = "--all", description = "Verify all archives, the oldest first.")
  private boolean all;

  @Option(
      names = "--quick",
      description = "Compare the size and some segments, chosen at random, only.")
  private boolean quick;

  @Override
  public ExitCode call() throws Failure {
    if (all != archives.isEmpty()) {
      throw new Failure(
          ExitCode.USAGE,
          (all ? "takes archives or --all, not both" : "takes an archive, or --all")
              + "; see plasma-restore verify --help");
    }
    Log log = new Log("plasma-restore", System.out, System.err);
    ExitCode result = ExitCode.OK;
    try (Store store = where.open(log)) {
      for (String archive : all ? complete(store) : archives) {
        try {
          log.info(said(verified(store, archive)));
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
        .map(archive -> archive.name().fileName())
        .toList();
  }

  private Verified verified(Store store, String archive) throws Failure {
    Verifier verifier = new Verifier(store, archive);
    return quick ? verifier.quick(new SecureRandom()) : verifier.full();
  }

  private static String said(Verified verified) {
    String what =
        switch (verified.extent()) {
          case SAMPLES -> "size and samples are right, %2$s of it";
          case STRUCTURE -> "a tar of %1$,d members, %2$s; there is no index to compare it with";
          case ALL -> "all of %2$s and %1$,d members are right";
        };
    return verified.archive()
        + ": "
        + String.format(Locale.ROOT, what, verified.members(), Sizes.rounded(verified.bytes()))
        + (verified.extent() == Verified.Extent.ALL && verified.undigested() > 0
            ? "; of %s there is no digest yet (blocks shared with files)"
                .formatted(Sizes.rounded(verified.undigested()))
            : "");
  }
}
