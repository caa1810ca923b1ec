package io.plasmabackup.plan;

import io.plasmabackup.config.Strategy;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a run will do.
 *
 * @param runId unique; names the run's snapshots
 * @param time when the run began, in the agent's time zone; the archive's name follows from it
 * @param targets what is archived, in the archive's order; empty for {@link Strategy#NOOP}
 * @param snapshots what is made first; empty unless the strategy is {@link Strategy#BTRFS_SNAPSHOT}
 * @param hidden names in the archive's terms that are left out because they are Plasma's own
 * @param warnings what the administrator may not expect, a line each
 */
public record Plan(
    String runId,
    ZonedDateTime time,
    Strategy strategy,
    List<Target> targets,
    List<SnapshotPlan> snapshots,
    Set<RawPath> hidden,
    List<String> warnings) {

  public Plan {
    targets = List.copyOf(targets);
    snapshots = List.copyOf(snapshots);
    hidden = Set.copyOf(hidden);
    warnings = List.copyOf(warnings);
  }

  /**
   * A folder to archive.
   *
   * @param folder as configured
   * @param location its canonical path
   * @param snapshot what to read it from; absent: the live folder
   */
  public record Target(
      RawPath folder, RawPath location, Mount mount, Optional<SnapshotPlan> snapshot) {

    /** Its name in the archive: the folder's path without the leading slash. */
    public RawPath memberName() {
      return folder.relativeTo(RawPath.of("/"));
    }
  }

  /**
   * A snapshot to make.
   *
   * @param subvolume canonical path of the subvolume's root
   * @param subvolumeId the subvolume's id, to see that it is still the same one
   * @param directory where the snapshot will be: on the same filesystem, made if it isn't there
   * @param name the snapshot's name there
   */
  public record SnapshotPlan(RawPath subvolume, long subvolumeId, RawPath directory, RawPath name) {

    public RawPath path() {
      return directory.resolve(name);
    }
  }
}
