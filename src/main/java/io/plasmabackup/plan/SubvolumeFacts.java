package io.plasmabackup.plan;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;

/**
 * A place in a subvolume.
 *
 * @param root canonical path of the subvolume's root directory, through whatever mount; empty if no
 *     mount shows it
 * @param within the place's path from that root; empty for the root itself, and where that isn't
 *     known
 * @param hosting whether snapshots can be put into the root directory
 */
public record SubvolumeFacts(
    Optional<RawPath> root, RawPath within, SubvolumeInfo info, Hosting hosting) {}
