package io.plasmabackup.plan;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.exclude.Reason;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  /** All that is read, or known to be left out, in the archive's order. */
  public Stream<Part> parts() {
    return targets.stream().flatMap(Target::parts);
  }

  /**
   * Whether another plan, made later, reads the same subvolumes and mounts: whether nothing has
   * come or gone meanwhile.
   */
  public boolean readsTheSameAs(Plan later) {
    return read().equals(later.read());
  }

  private Set<String> read() {
    return parts()
        .filter(part -> !(part.reading() instanceof NotRead))
        .map(part ->
            part.path()
                + " "
                + part.mount().id()
                + " "
                + part.subvolume().map(SubvolumeInfo::id).orElse(0L))
        .collect(Collectors.toSet());
  }

  /**
   * A folder to archive.
   *
   * @param folder as configured
   * @param whole the folder itself
   * @param inner what is below it of other filesystems and subvolumes, in the order of the paths
   */
  public record Target(RawPath folder, Part whole, List<Part> inner) {

    public Target {
      inner = List.copyOf(inner);
    }

    /** The folder itself, then what is below. */
    public Stream<Part> parts() {
      return Stream.concat(Stream.of(whole), inner.stream());
    }
  }

  /**
   * What is of one subvolume, or of another filesystem, in a target folder.
   *
   * @param path its canonical path on the live system
   * @param name what it is called in the archive
   * @param mount that it is on
   * @param mounted whether it is at that mount's mount point; else it is the target folder itself
   *     or a nested subvolume
   * @param subvolume that it is in, where that is known
   */
  public record Part(
      RawPath path,
      RawPath name,
      Mount mount,
      boolean mounted,
      Optional<SubvolumeInfo> subvolume,
      Reading reading) {}

  /** How a part comes into the archive. */
  public sealed interface Reading {}

  /**
   * Out of a snapshot.
   *
   * @param within the part's path from the subvolume's root
   */
  public record FromSnapshot(SnapshotPlan snapshot, RawPath within) implements Reading {}

  /** As it is while it is read. */
  public record Live() implements Reading {}

  /**
   * Not at all.
   *
   * @param why for people: what follows the path in a line about it
   */
  public record NotRead(Reason reason, String why) implements Reading {}

  /**
   * A snapshot to make.
   *
   * @param subvolume canonical path of the subvolume's root
   * @param subvolumeId the subvolume's id, to see that it is still the same one
   * @param subvolumeUuid the subvolume's uuid, which its snapshot has as its parent's
   * @param home Plasma's own directory on that filesystem, made if it isn't there
   * @param name of a directory in it, made for this snapshot alone: the kernel makes only one
   *     snapshot at a time in a directory
   */
  public record SnapshotPlan(
      RawPath subvolume, long subvolumeId, UUID subvolumeUuid, RawPath home, RawPath name) {

    /** What {@link #home} is called, in the root of a subvolume. */
    public static final RawPath HOME = RawPath.of(".plasma-snapshots");

    /** What the snapshot itself is called in its directory. */
    public static final RawPath SNAPSHOT = RawPath.of("snapshot");

    public RawPath path() {
      return home.resolve(name).resolve(SNAPSHOT);
    }
  }
}
