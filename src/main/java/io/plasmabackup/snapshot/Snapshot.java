package io.plasmabackup.snapshot;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.plan.Plan.SnapshotPlan;

/**
 * A snapshot that was made.
 *
 * @param root its root directory, open; closed by the {@link SnapshotSet} that it belongs to
 * @param info of the snapshot itself: its parent is the subvolume
 */
public record Snapshot(SnapshotPlan plan, Fd root, SubvolumeInfo info) {}
