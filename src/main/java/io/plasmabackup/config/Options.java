package io.plasmabackup.config;

import java.time.Duration;
import java.util.Optional;

/**
 * What is set about the reading of the folders. Strategy {@code noop} reads none: there every
 * option is allowed and changes nothing.
 *
 * @param readOnlySubvolumes what becomes of read-only subvolumes inside a folder
 * @param otherFilesystems what becomes of filesystems that are mounted inside a folder
 * @param excludeCaches whether the contents of directories with a {@code CACHEDIR.TAG} are left out
 * @param excludeNodump whether what carries the nodump attribute ({@code chattr +d}) is left out
 * @param reflink whether an archive shares blocks with the files in it
 * @param changeDetection how it is found out what has changed since an earlier archive
 * @param fullReadEvery after how long everything is read again, whatever seems to have changed
 * @param keepLastSnapshot whether a run's snapshots are left until the next one has stored its
 *     archive
 * @param stateFolder where runs keep what they have to leave behind: absolute and normalised;
 *     absent: the usual place
 */
public record Options(
    ReadOnlySubvolumes readOnlySubvolumes,
    OtherFilesystems otherFilesystems,
    boolean excludeCaches,
    boolean excludeNodump,
    Reflink reflink,
    ChangeDetection changeDetection,
    Duration fullReadEvery,
    boolean keepLastSnapshot,
    Optional<String> stateFolder) {

  /** What holds where nothing is set. */
  public static final Options DEFAULTS =
      new Options(
          ReadOnlySubvolumes.EXCLUDE,
          OtherFilesystems.INCLUDE,
          false,
          false,
          Reflink.AUTO,
          ChangeDetection.AUTO,
          Duration.ofDays(30),
          false,
          Optional.empty());
}
