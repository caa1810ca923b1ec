package io.plasmabackup.restore;

/**
 * An index that was rebuilt.
 *
 * @param archive the archive's file name
 * @param bytes of the archive that were read: all of it
 * @param members that are in it
 */
public record Reindexed(String archive, long bytes, long members) {}
