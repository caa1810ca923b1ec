package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.snapshot.SpaceCheck;
import java.time.Clock;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How {@code plasma-agent check} finds the folders that are to be backed up. */
final class FolderChecks {

  private static final String FOLDER = "folder";
  private static final String SPACE = "room here";

  private final Checklist list;
  private final Configuration configuration;
  private final ZonedDateTime time;

  FolderChecks(Checklist list, Configuration configuration, Clock clock) {
    this.list = list;
    this.configuration = configuration;
    this.time = clock.instant().atZone(configuration.timezone().orElseGet(ZoneId::systemDefault));
  }

  void folders() {
    if (configuration.strategy() == Strategy.NOOP) {
      list.note(FOLDER, "the strategy is \"noop\": none is backed up");
      return;
    }
    try {
      show(plan(configuration));
    } catch (Failure failure) {
      oneByOne(failure);
      list.skip(SPACE, "no plan");
    }
  }

  private Plan plan(Configuration ofThis) throws Failure {
    return new Planning(ofThis, RunId.of(time), time).plan().plan();
  }

  private void show(Plan plan) {
    plan.targets().forEach(target -> list.ok(FOLDER, text(target)));
    plan.warnings().forEach(warning -> list.warn(FOLDER, warning));
    for (RawPath filesystem : SpaceCheck.filesystems(plan.snapshots())) {
      list.attempt(SPACE, () -> SpaceCheck.require(filesystem))
          .ifPresent(space ->
              list.ok(
                  SPACE,
                  "%s of %s free on the btrfs of %s"
                      .formatted(
                          Sizes.rounded(space.freeBytes()),
                          Sizes.rounded(space.totalBytes()),
                          filesystem)));
    }
  }

  /** A plan is refused because of the first thing that is wrong; there may be more. */
  private void oneByOne(Failure ofAll) {
    boolean found = false;
    for (String folder : configuration.folders()) {
      try {
        plan(configuration.withFolders(List.of(folder)))
            .targets()
            .forEach(target -> list.ok(FOLDER, text(target)));
      } catch (Failure failure) {
        found = true;
        list.fail(FOLDER, failure);
      }
    }
    if (!found) {
      list.fail(FOLDER, ofAll);
    }
  }

  private static String text(Target target) {
    Map<String, Long> inner =
        target.inner().stream()
            .collect(Collectors.groupingBy(PlanPrinter::how, TreeMap::new, Collectors.counting()));
    String below =
        inner.entrySet().stream()
            .map(how -> how.getValue() + " " + how.getKey())
            .collect(Collectors.joining(", "));
    Part whole = target.whole();
    return "%s: %s of %s%s"
        .formatted(
            target.folder(),
            PlanPrinter.how(whole),
            PlanPrinter.where(whole),
            below.isEmpty() ? "" : "; of what is mounted or nested in it: " + below);
  }
}
