package io.plasmabackup.plan;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Collects which subvolumes are to be snapshotted, once each, and finds the place for it. */
final class SnapshotPlanner {

  private final String runId;
  private final BiFunction<RawPath, String, Failure> refused;
  private final Map<Key, Source> sources = new LinkedHashMap<>();
  private final Map<Key, SnapshotPlan> plans = new LinkedHashMap<>();

  /** A subvolume, whatever path it is reached by. */
  private record Key(DeviceNumber filesystem, long subvolume) {
    static Key of(PartFacts part) {
      return new Key(part.mount().device(), part.subvolume().orElseThrow().info().id());
    }
  }

  /**
   * A subvolume to be snapshotted.
   *
   * @param wanted the first place because of which it is
   */
  private record Source(RawPath wanted, RawPath root, SubvolumeFacts subvolume) {}

  /**
   * Prepares to collect.
   *
   * @param refused makes the failure for a path and a reason
   */
  SnapshotPlanner(String runId, BiFunction<RawPath, String, Failure> refused) {
    this.runId = runId;
    this.refused = refused;
  }

  /** Wants a part of a subvolume whose root is known. */
  void add(PartFacts part) {
    SubvolumeFacts subvolume = part.subvolume().orElseThrow();
    sources.putIfAbsent(
        Key.of(part), new Source(part.path(), subvolume.root().orElseThrow(), subvolume));
  }

  /** In the order in which they were added. To be called once, before the methods below. */
  List<SnapshotPlan> plans() throws Failure {
    Map<DeviceNumber, Optional<RawPath>> homes = new HashMap<>();
    for (Map.Entry<Key, Source> source : sources.entrySet()) {
      RawPath home =
          homes
              .computeIfAbsent(source.getKey().filesystem(), this::home)
              .orElseThrow(() ->
                  refused.apply(
                      source.getValue().wanted(),
                      "is in a subvolume that is read-only, mounted so, or has the flag i or a of chattr,"
                          + " and no other one of that filesystem that is backed up is writable, where its"
                          + " snapshot could be; mount it writable, or archive it with the strategy \"tar\""));
      plans.put(
          source.getKey(),
          new SnapshotPlan(
              source.getValue().root(),
              source.getKey().subvolume(),
              source.getValue().subvolume().info().uuid(),
              home.resolve(SnapshotPlan.HOME),
              RawPath.of(runId + "-" + (plans.size() + 1))));
    }
    return new ArrayList<>(plans.values());
  }

  /**
   * One place for all snapshots of a filesystem: the root of a subvolume that is ours if there is
   * one, so that nobody can keep us from making a directory there; else of any.
   */
  private Optional<RawPath> home(DeviceNumber filesystem) {
    return sources.entrySet().stream()
        .filter(source -> source.getKey().filesystem().equals(filesystem))
        .map(Map.Entry::getValue)
        .filter(source -> source.subvolume().hosting() != Hosting.NONE)
        .min(
            Comparator.comparing((Source source) -> source.subvolume().hosting())
                .thenComparing(Source::root))
        .map(Source::root);
  }

  /** How a part that was added is read. */
  FromSnapshot reading(PartFacts part) {
    SnapshotPlan plan = plans.get(Key.of(part));
    if (plan == null) {
      throw new IllegalStateException("no snapshot is planned of " + part);
    }
    return new FromSnapshot(plan, part.subvolume().orElseThrow().within());
  }

  /**
   * Names in the archive of the snapshots' directories, by whatever way a folder shows them. Those
   * that a run may have left that was cut off and had another home are among them.
   */
  List<RawPath> hidden(FolderFacts folder) {
    return Stream.concat(Stream.of(folder.whole()), folder.parts().stream())
        .filter(part ->
            part.subvolume().filter(facts -> facts.within().isEmpty()).isPresent()
                && plans.containsKey(Key.of(part)))
        .map(part -> folder.nameOf(part.path().resolve(SnapshotPlan.HOME)))
        .toList();
  }
}
