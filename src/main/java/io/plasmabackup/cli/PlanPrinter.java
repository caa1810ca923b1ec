package io.plasmabackup.cli;

import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.cli.FolderSizes.FolderSize;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.store.ArchiveName;

/** Shows a plan to a person: {@code --dry-run}. */
final class PlanPrinter {

  private final Log log;

  PlanPrinter(Log log) {
    this.log = log;
  }

  /**
   * @param location where the archive would go
   * @param sizes of the folders
   * @param archive size of the archive if it was made from the live folders now
   */
  void print(Plan plan, String location, FolderSizes sizes, ArchiveSize archive) {
    ArchiveName name = ArchiveName.of(plan.time().toLocalDateTime(), ArchiveName.Suffix.TAR);
    log.info("would store " + name + " in " + location);
    log.info("strategy " + plan.strategy().text());
    for (Target target : plan.targets()) {
      log.info(target.folder().toString());
      log.info(
          "  mount     %s (%s, %s)"
              .formatted(
                  target.mount().mountPoint(), target.mount().type(), target.mount().source()));
      target
          .snapshot()
          .ifPresent(snapshot -> {
            log.info("  subvolume " + snapshot.subvolume());
            log.info("  snapshot  " + snapshot.path());
          });
      FolderSize size = sizes.of(target);
      log.info(
          "  content   %,d entries, %s".formatted(size.entries(), Sizes.exact(size.dataBytes())));
    }
    log.info(
        "%,d entries, %s of data; archive %s"
            .formatted(
                archive.members(), Sizes.exact(archive.dataBytes()), Sizes.exact(archive.bytes())));
    log.info("nothing was changed");
  }
}
