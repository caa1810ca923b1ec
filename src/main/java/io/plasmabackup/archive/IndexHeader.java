package io.plasmabackup.archive;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What an index says about its archive as a whole.
 *
 * @param archive the archive's file name
 * @param run identifies the run that made it
 * @param host the machine's name
 * @param time when the run began
 * @param zone the agent's time zone, in which the archive's name is
 * @param strategy as in the configuration
 * @param folders the target folders, as configured
 * @param snapshots the snapshots that were archived; none for live folders
 * @param skew in which all snapshots were made: no two are further apart
 * @param read when the run began that read everything, be it an earlier one of which segments were
 *     copied
 * @param copiedFrom the earlier archive of which segments are copied that are the same
 * @param tool name and version of the program that made it
 */
public record IndexHeader(
    String archive,
    String run,
    String host,
    Instant time,
    ZoneId zone,
    String strategy,
    List<String> folders,
    List<SnapshotRecord> snapshots,
    Duration skew,
    Instant read,
    Optional<String> copiedFrom,
    String tool) {

  public IndexHeader {
    folders = List.copyOf(folders);
    snapshots = List.copyOf(snapshots);
  }

  /**
   * A snapshot that was archived.
   *
   * @param path where the subvolume that it was made of is reached on the live system
   * @param subvolume that subvolume's uuid
   * @param uuid its own
   * @param generation the subvolume's last transaction in it
   * @param transaction that made it: snapshots of one filesystem that share it are of the very same
   *     moment
   * @param time when it was made
   */
  public record SnapshotRecord(
      String path, UUID subvolume, UUID uuid, long generation, long transaction, Instant time) {}
}
