package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Options;
import io.plasmabackup.config.ReadOnlySubvolumes;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.exclude.Exclusions;
import io.plasmabackup.exclude.Reason;
import io.plasmabackup.journal.RunRecord;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.FolderFacts;
import io.plasmabackup.plan.Inspector;
import io.plasmabackup.plan.OwnPlaces;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Planner;
import io.plasmabackup.plan.Privileges;
import io.plasmabackup.plan.Wishes;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.walk.LeftOut;
import io.plasmabackup.walk.Tree;
import io.plasmabackup.walk.WalkRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes one run's plan, as often as it is asked: what is mounted and which subvolumes there are may
 * change at any time, and hooks may change it.
 */
final class Planning {

  private final Configuration configuration;
  private final Exclusions exclusions;
  private final String runId;
  private final ZonedDateTime time;

  Planning(Configuration configuration, String runId, ZonedDateTime time) {
    this.configuration = configuration;
    this.exclusions = Exclusions.of(configuration.exclude());
    this.runId = runId;
    this.time = time;
  }

  /**
   * A plan, and what it was made of.
   *
   * @param rules for walking what is planned
   */
  record Planned(Plan plan, MountTable mounts, WalkRules rules) {

    /** How everything is read once the plan's snapshots are made. */
    ReadingPlan reading() {
      return ReadingPlan.of(plan, mounts, rules);
    }

    /** How everything is read as it is now. */
    ReadingPlan live() {
      return ReadingPlan.live(plan, mounts, rules);
    }

    /**
     * The same, which also names what another plan, made later, has found to be left out; but not
     * this one's own snapshots.
     */
    Planned leavingOutAlso(Planned later) {
      Map<RawPath, LeftOut> leftOut = new HashMap<>(later.rules.leftOut());
      leftOut.keySet().removeIf(name -> rules.hidden().stream().anyMatch(name::startsWith));
      leftOut.putAll(rules.leftOut());
      return new Planned(
          plan,
          mounts,
          new WalkRules(
              rules.hidden(),
              leftOut,
              rules.untouched(),
              rules.exclusions(),
              rules.cacheDirectories(),
              rules.noDump(),
              rules.readOnlySubvolumes()));
    }
  }

  /** Looks at the machine as it is now. */
  Planned plan() throws Failure {
    MountTable mounts = mounts();
    Privileges privileges = privileges();
    Options options = configuration.options();
    List<FolderFacts> folders = new ArrayList<>();
    if (configuration.strategy() != Strategy.NOOP) {
      Inspector inspector = new Inspector(mounts, privileges.systemAdministration());
      for (String folder : configuration.folders()) {
        folders.add(inspector.inspect(RawPath.of(folder)));
      }
    }
    Wishes wishes =
        new Wishes(
            configuration.strategy(),
            options.otherFilesystems(),
            options.readOnlySubvolumes() == ReadOnlySubvolumes.INCLUDE,
            options.excludeCaches() || options.excludeNodump(),
            exclusions);
    Plan plan = new Planner(wishes, privileges, ownPlaces()).plan(runId, time, folders);
    return new Planned(plan, mounts, rules(plan.hidden(), leftOut(plan), untouched(plan)));
  }

  /**
   * How an earlier run with the same settings was about to read.
   *
   * @throws IllegalArgumentException if its journal doesn't make sense
   */
  ReadingPlan again(RunRecord run) throws Failure {
    Map<RawPath, LeftOut> leftOut = new HashMap<>();
    for (RunRecord.LeftOut left : run.leftOut()) {
      leftOut.put(left.name(), new LeftOut(left.name(), Reason.valueOf(left.reason()), left.why()));
    }
    List<TreePlan> trees =
        run.trees().stream()
            .map(tree ->
                new TreePlan(
                    tree.snapshot().isPresent() ? Tree.Source.SNAPSHOT : Tree.Source.LIVE,
                    tree.snapshot().map(OptionalInt::of).orElseGet(OptionalInt::empty),
                    tree.path(),
                    tree.name(),
                    OptionalLong.empty()))
            .toList();
    return new ReadingPlan(
        trees, mounts(), rules(Set.copyOf(run.hidden()), leftOut, Set.copyOf(run.untouched())));
  }

  private WalkRules rules(
      Set<RawPath> hidden, Map<RawPath, LeftOut> leftOut, Set<RawPath> untouched) {
    Options options = configuration.options();
    return new WalkRules(
        hidden,
        leftOut,
        untouched,
        exclusions,
        options.excludeCaches(),
        options.excludeNodump(),
        options.readOnlySubvolumes() != ReadOnlySubvolumes.INCLUDE);
  }

  /** Without most of what patterns exclude: the walk finds out by itself, and sooner. */
  private static Map<RawPath, LeftOut> leftOut(Plan plan) {
    Map<RawPath, LeftOut> leftOut = new HashMap<>();
    plan.parts()
        .forEach((Part part) -> {
          if (part.reading() instanceof NotRead(Reason reason, String why)
              && (reason != Reason.EXCLUDED || isToBeLeftAlone(part))) {
            leftOut.put(part.name(), new LeftOut(part.name(), reason, why));
          }
        });
    return leftOut;
  }

  private static Set<RawPath> untouched(Plan plan) {
    return plan.parts()
        .filter(part -> part.reading() instanceof NotRead && isToBeLeftAlone(part))
        .map(Part::name)
        .collect(Collectors.toSet());
  }

  /** A dead network filesystem would not even say what it has at its mount point. */
  private static boolean isToBeLeftAlone(Part part) {
    return part.mounted() && !part.mount().isPseudo();
  }

  /** What is mounted now. */
  static MountTable mounts() throws Failure {
    try {
      return MountTable.read();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "cannot read /proc/self/mountinfo: " + e.getMessage() + "; mount /proc",
          e);
    }
  }

  private OwnPlaces ownPlaces() {
    List<RawPath> stores =
        configuration.targets().stream()
            .filter(target -> target.ssh().isEmpty())
            .map(target -> canonical(Path.of(target.remoteFolder())))
            .toList();
    List<RawPath> notes =
        Stream.concat(
                configuration.tempfile().stream()
                    .flatMap(file -> Stream.of(file, file + ArchiveName.INDEX_SUFFIX))
                    .map(Path::of),
                Stream.of(Settings.stateFolder(configuration)))
            .map(file -> canonical(file.resolveSibling("")).resolve(file.getFileName().toString()))
            .toList();
    return new OwnPlaces(stores, notes);
  }

  /** As it is where the folder isn't there: whoever wants to write there will say so. */
  private static RawPath canonical(Path folder) {
    try {
      return RawPath.of(folder.toRealPath().toString());
    } catch (IOException missing) {
      return RawPath.of(folder.toString());
    }
  }

  /** What this process may do. */
  static Privileges privileges() throws Failure {
    try {
      return Privileges.read();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "cannot read /proc/self/status: " + e.getMessage() + "; mount /proc",
          e);
    }
  }
}
