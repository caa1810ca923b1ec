package io.plasmabackup.cli;

import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.Live;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.walk.Tree.Source;
import io.plasmabackup.walk.WalkRules;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What is walked, and how: all that decides what is in the archive, beside the snapshots.
 *
 * @param mounts as they were when this was made
 */
record ReadingPlan(List<TreePlan> trees, MountTable mounts, WalkRules rules) {

  ReadingPlan {
    trees = List.copyOf(trees);
  }

  /** Reads the snapshots that a plan makes, in its order. */
  static ReadingPlan of(Plan plan, MountTable mounts, WalkRules rules) {
    return new ReadingPlan(trees(plan, false), mounts, rules);
  }

  /** Reads everything as it is now, as if there were no snapshots to be made. */
  static ReadingPlan live(Plan plan, MountTable mounts, WalkRules rules) {
    return new ReadingPlan(trees(plan, true), mounts, rules);
  }

  private static List<TreePlan> trees(Plan plan, boolean live) {
    List<TreePlan> trees = new ArrayList<>();
    plan.parts()
        .forEach(part -> {
          switch (part.reading()) {
            case FromSnapshot(SnapshotPlan snapshot, RawPath within) ->
                trees.add(
                    live
                        ? live(part, Source.LIVE_SUBVOLUME)
                        : new TreePlan(
                            Source.SNAPSHOT,
                            OptionalInt.of(plan.snapshots().indexOf(snapshot)),
                            within,
                            part.name(),
                            OptionalLong.empty()));
            case Live() -> trees.add(live(part, Source.LIVE));
            case NotRead notRead -> {}
          }
        });
    return trees;
  }

  private static TreePlan live(Part part, Source source) {
    return new TreePlan(
        source, OptionalInt.empty(), part.path(), part.name(), OptionalLong.of(part.mount().id()));
  }
}
