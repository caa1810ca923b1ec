package io.plasmabackup.store.serve;

/**
 * How a range came into the target.
 *
 * @param shared bytes of which the target has the source's blocks
 * @param copied bytes that were read and written
 */
record CopiedBytes(long shared, long copied) {}
