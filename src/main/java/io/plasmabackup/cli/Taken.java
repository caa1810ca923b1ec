package io.plasmabackup.cli;

import io.plasmabackup.snapshot.SnapshotSet;
import java.time.Duration;

/**
 * Snapshots that are made, and how everything is read with them.
 *
 * @param skew the time in which they were made
 */
record Taken(ReadingPlan reading, SnapshotSet snapshots, Duration skew) {}
