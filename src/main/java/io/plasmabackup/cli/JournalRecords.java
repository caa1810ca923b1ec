package io.plasmabackup.cli;

import io.plasmabackup.journal.RunRecord;
import io.plasmabackup.journal.Stage;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.snapshot.Snapshot;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What a run plans and makes ⇄ what its journal says of it. */
final class JournalRecords {

  private JournalRecords() {}

  /** A run that has made nothing yet and knows no more than where its archive will be. */
  static RunRecord begun(
      String run, ZonedDateTime time, String settings, String location, String archive) {
    return new RunRecord(
        run,
        time.toInstant(),
        time.getZone(),
        settings,
        location,
        archive,
        Stage.PLANNED,
        List.of(),
        Duration.ZERO,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  /** The same run when it is about to make snapshots. */
  static RunRecord planned(RunRecord run, List<SnapshotPlan> snapshots, ReadingPlan reading) {
    return new RunRecord(
        run.run(),
        run.time(),
        run.zone(),
        run.settings(),
        run.location(),
        run.archive(),
        Stage.PLANNED,
        run.tempfiles(),
        Duration.ZERO,
        snapshots.stream().map(plan -> snapshot(plan, Optional.empty())).toList(),
        reading.trees().stream()
            .map(tree ->
                new RunRecord.Tree(
                    tree.snapshot().stream().boxed().findFirst(), tree.path(), tree.name()))
            .toList(),
        reading.rules().leftOut().values().stream()
            .map(left -> new RunRecord.LeftOut(left.name(), left.reason().name(), left.why()))
            .toList(),
        List.copyOf(reading.rules().hidden()),
        List.copyOf(reading.rules().untouched()));
  }

  /** The same run when its snapshots are made. */
  static RunRecord made(RunRecord run, List<Snapshot> snapshots, Duration skew) {
    Map<SnapshotPlan, UUID> uuids = new HashMap<>();
    snapshots.forEach(snapshot -> uuids.put(snapshot.plan(), snapshot.info().uuid()));
    return run.with(
            snapshots(run).keySet().stream()
                .map(plan -> snapshot(plan, Optional.ofNullable(uuids.get(plan))))
                .toList(),
            skew)
        .at(Stage.SNAPSHOTS_MADE);
  }

  private static RunRecord.Snapshot snapshot(SnapshotPlan plan, Optional<UUID> uuid) {
    return new RunRecord.Snapshot(
        plan.subvolume(), plan.subvolumeId(), plan.subvolumeUuid(), plan.home(), plan.name(), uuid);
  }

  /** A run's snapshots as they were planned, in that order, with their uuids where known. */
  static Map<SnapshotPlan, Optional<UUID>> snapshots(RunRecord run) {
    Map<SnapshotPlan, Optional<UUID>> snapshots = new LinkedHashMap<>();
    for (RunRecord.Snapshot snapshot : run.snapshots()) {
      snapshots.put(
          new SnapshotPlan(
              snapshot.subvolume(),
              snapshot.subvolumeId(),
              snapshot.subvolumeUuid(),
              snapshot.home(),
              snapshot.name()),
          snapshot.uuid());
    }
    return snapshots;
  }
}
