package io.plasmabackup.linux;

/**
 * How much room a filesystem has, as it says itself.
 *
 * @param freeBytes what an unprivileged user can still write, estimated on btrfs; 0 there also
 *     where only its metadata is full
 * @param totalBytes its size
 */
public record FilesystemSpace(long freeBytes, long totalBytes) {}
