package io.plasmabackup.cli;

import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.cli.PartSizes.PartSize;
import io.plasmabackup.exclude.Reason;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.Live;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ArchiveName.Suffix;
import io.plasmabackup.walk.LeftOut;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Shows a plan to a person: {@code --dry-run}. A line for each part, below and right of the one
 * that it lies in.
 */
final class PlanPrinter {

  private static final RawPath ROOT = RawPath.of("/");

  /** Wider columns leave no room for the next ones. */
  private static final int MAX_WIDTH = 60;

  private final Log log;

  PlanPrinter(Log log) {
    this.log = log;
  }

  /** A line of the tree: where, how it is read, what it is. */
  private record Row(String place, String how, String what) {}

  /**
   * Prints all of it.
   *
   * @param suffix of the archive
   * @param location where the archive would go
   * @param sizes of the parts
   * @param archive size of the archive if it was made from the live folders now
   */
  void print(Plan plan, Suffix suffix, String location, PartSizes sizes, ArchiveSize archive) {
    ArchiveName name = ArchiveName.of(plan.time().toLocalDateTime(), suffix);
    log.info("would store " + name + " in " + location);
    log.info("strategy " + plan.strategy().text());
    List<Row> rows = new ArrayList<>();
    for (Target target : plan.targets()) {
      addRows(target, sizes, rows);
    }
    int places = width(rows.stream().map(Row::place).toList());
    int hows = width(rows.stream().map(Row::how).toList());
    for (Row row : rows) {
      log.info(pad(row.place(), places) + "  " + pad(row.how(), hows) + "  " + row.what());
    }
    Set<RawPath> shown = new HashSet<>();
    plan.parts()
        .filter(part -> part.reading() instanceof NotRead left && left.reason() != Reason.EXCLUDED)
        .forEach(part -> shown.add(part.name()));
    for (LeftOut left : sizes.leftOut()) {
      if (!shown.contains(left.name())) {
        log.info("left out: " + ROOT.resolve(left.name()) + ": " + left.why());
      }
    }
    plan.snapshots().stream()
        .collect(Collectors.groupingBy(SnapshotPlan::home, TreeMap::new, Collectors.counting()))
        .forEach((home, count) ->
            log.info(
                "%,d %s would be made, for the time of the run, in %s"
                    .formatted(count, count == 1 ? "snapshot" : "snapshots", home)));
    log.info(
        "%s, %s of data; %s %s"
            .formatted(
                Sizes.entries(archive.members()),
                Sizes.exact(archive.dataBytes()),
                suffix == Suffix.TAR ? "archive" : "before compression the archive is",
                Sizes.exact(archive.bytes())));
    log.info("nothing was changed");
  }

  private static void addRows(Target target, PartSizes sizes, List<Row> rows) {
    Deque<Part> around = new ArrayDeque<>();
    rows.add(new Row(target.folder().toString(), how(target.whole()), what(target.whole(), sizes)));
    around.push(target.whole());
    for (Part part : target.inner()) {
      while (around.size() > 1 && !part.path().startsWith(around.element().path())) {
        around.pop();
      }
      rows.add(
          new Row(
              "  ".repeat(around.size()) + part.path().relativeTo(around.element().path()),
              how(part),
              what(part, sizes)));
      around.push(part);
    }
  }

  /** How it is read, in a word or two. */
  static String how(Part part) {
    return switch (part.reading()) {
      case FromSnapshot snapshot -> "snapshot";
      case Live live -> "live";
      case NotRead notRead -> "left out";
    };
  }

  private static String what(Part part, PartSizes sizes) {
    if (part.reading() instanceof NotRead notRead) {
      return notRead.why();
    }
    PartSize size = sizes.of(part);
    return "%s: %s, %s"
        .formatted(where(part), Sizes.entries(size.entries()), Sizes.exact(size.dataBytes()));
  }

  /** Of which filesystem, or subvolume, it is. */
  static String where(Part part) {
    return part.mount().type()
        + " "
        + part.mount().source()
        + part.subvolume()
            .map(subvolume ->
                ", subvolume "
                    + subvolume.id()
                    + part.mount().within(part.path()).map(path -> " at " + path).orElse(""))
            .orElse("");
  }

  private static int width(List<String> texts) {
    return texts.stream().mapToInt(String::length).filter(w -> w <= MAX_WIDTH).max().orElse(0);
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(width - text.length(), 0));
  }
}
