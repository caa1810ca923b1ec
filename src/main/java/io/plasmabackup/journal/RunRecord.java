package io.plasmabackup.journal;

import io.plasmabackup.linux.RawPath;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What one run makes, and what it takes to make the same archive again.
 *
 * @param run its id
 * @param time when it began
 * @param zone of its archive's name
 * @param settings digest of everything that decides what the archive's bytes are and where it goes
 * @param location of the storage, for people
 * @param archive the archive's file name; the names of index and partial files follow from it
 * @param tempfiles local files that it makes, in which archive and index are completed first
 * @param skew time in which the snapshots were made
 * @param trees what is read, in any order; empty as long as it isn't known
 * @param leftOut what is known beforehand to be left out
 * @param hidden names in the archive of what is Plasma's own
 * @param untouched names in the archive of what is not to be asked about
 */
public record RunRecord(
    String run,
    Instant time,
    ZoneId zone,
    String settings,
    String location,
    String archive,
    Stage stage,
    List<LocalFile> tempfiles,
    Duration skew,
    List<Snapshot> snapshots,
    List<Tree> trees,
    List<LeftOut> leftOut,
    List<RawPath> hidden,
    List<RawPath> untouched) {

  public RunRecord {
    tempfiles = List.copyOf(tempfiles);
    snapshots = List.copyOf(snapshots);
    trees = List.copyOf(trees);
    leftOut = List.copyOf(leftOut);
    hidden = List.copyOf(hidden);
    untouched = List.copyOf(untouched);
  }

  /**
   * A file of this machine.
   *
   * @param identity what no other file has had at that path, whenever it was made; empty as long as
   *     it is about to be made
   */
  public record LocalFile(String path, Optional<String> identity) {}

  /**
   * A snapshot that is made, or about to be.
   *
   * @param subvolume canonical path of its source's root
   * @param subvolumeId of the source
   * @param subvolumeUuid of the source
   * @param home directory of all of the filesystem's snapshots
   * @param name of the snapshot's own directory in there
   * @param uuid of the snapshot; empty until it is made
   */
  public record Snapshot(
      RawPath subvolume,
      long subvolumeId,
      UUID subvolumeUuid,
      RawPath home,
      RawPath name,
      Optional<UUID> uuid) {}

  /**
   * Something that is read.
   *
   * @param snapshot which of the snapshots it is in; empty if it is read as it is
   * @param path within the snapshot; else on the live system
   * @param name in the archive
   */
  public record Tree(Optional<Integer> snapshot, RawPath path, RawPath name) {}

  /**
   * Something that isn't read.
   *
   * @param name in the archive
   * @param reason a constant's name
   * @param why for people
   */
  public record LeftOut(RawPath name, String reason, String why) {}

  /** The same run at a later stage. */
  public RunRecord at(Stage later) {
    return new RunRecord(
        run, time, zone, settings, location, archive, later, tempfiles, skew, snapshots, trees,
        leftOut, hidden, untouched);
  }

  /** The same run with other tempfiles: once they are made, or when they are gone. */
  public RunRecord withTempfiles(List<LocalFile> others) {
    return new RunRecord(
        run, time, zone, settings, location, archive, stage, others, skew, snapshots, trees,
        leftOut, hidden, untouched);
  }

  /** The same run with other snapshots: once they are made, or when they are gone. */
  public RunRecord with(List<Snapshot> others, Duration itsSkew) {
    return new RunRecord(
        run, time, zone, settings, location, archive, stage, tempfiles, itsSkew, others, trees,
        leftOut, hidden, untouched);
  }
}
