package io.plasmabackup.archive;

/**
 * How an archive's members differ from those of the one before it in the folder. A file that was
 * renamed counts as removed and as added.
 *
 * @param added members whose names it did not have
 * @param changed members of which it had the name, with another inode, status or time of change
 * @param removed members of which only that one has the name
 */
public record Changes(long added, long changed, long removed) {}
