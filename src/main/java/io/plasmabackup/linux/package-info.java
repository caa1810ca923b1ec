/**
 * A typed thin layer over the C library: file descriptors, directories, extended attributes,
 * mounts, account names. One method a system call; names are {@link RawPath}s, errors are {@link
 * ErrnoException}s. Knows nothing of btrfs and nothing of backups. With {@code btrfs} the only
 * package that may use foreign memory.
 */
@NullMarked
package io.plasmabackup.linux;

import org.jspecify.annotations.NullMarked;
