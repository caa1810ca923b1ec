package io.plasmabackup.plan;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;

/**
 * A subvolume as it is reached through a mount.
 *
 * @param root canonical path of its root directory; empty if only a part of it is mounted there
 * @param ownedByUs whether its root directory belongs to our effective user
 */
public record SubvolumeFacts(Optional<RawPath> root, SubvolumeInfo info, boolean ownedByUs) {}
