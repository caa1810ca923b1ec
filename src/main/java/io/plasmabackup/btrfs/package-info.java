/**
 * The domain of btrfs: subvolumes and snapshots, as typed operations over the ioctls of
 * linux/btrfs.h. Knows where nothing lives and when nothing is done: that is {@code snapshot}'s.
 * With {@code linux} the only package that may use foreign memory.
 */
@NullMarked
package io.plasmabackup.btrfs;

import org.jspecify.annotations.NullMarked;
