package io.plasmabackup.walk;

/**
 * Where the filesystem seems to keep a range of a file as one zstd frame.
 *
 * @param position in the file, bytes
 * @param length of the file's bytes in it, at least 1
 */
public record StoredFrame(long position, int length) {}
