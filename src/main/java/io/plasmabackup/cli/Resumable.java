package io.plasmabackup.cli;

import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Chunk;
import java.util.List;

/**
 * A run that was cut off in the middle of its upload, and that can be gone on with.
 *
 * @param taken its snapshots, found again
 * @param stored what the storage had confirmed
 */
record Resumable(RunJournal journal, ArchiveName name, Taken taken, List<Chunk> stored) {}
