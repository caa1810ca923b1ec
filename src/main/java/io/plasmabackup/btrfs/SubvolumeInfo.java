package io.plasmabackup.btrfs;

import java.time.Instant;
import java.util.UUID;

/**
 * What BTRFS_IOC_GET_SUBVOL_INFO tells of a subvolume: struct btrfs_ioctl_get_subvol_info_args of
 * linux/btrfs.h.
 *
 * @param id tree id; 5 for the filesystem's top level
 * @param uuid its own; all zeros for a top level made before Linux 4.16
 * @param parentUuid of the subvolume that it is a snapshot of; all zeros if it is none
 * @param generation the transaction that changed it last
 * @param createdIn the transaction that made it
 * @param readOnly BTRFS_ROOT_SUBVOL_RDONLY of its root item
 * @param created when it was made, by this machine's clock
 */
public record SubvolumeInfo(
    long id,
    UUID uuid,
    UUID parentUuid,
    long generation,
    long createdIn,
    boolean readOnly,
    Instant created) {}
