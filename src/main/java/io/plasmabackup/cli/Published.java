package io.plasmabackup.cli;

import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.store.ArchiveName;
import java.util.Optional;

/**
 * An archive under its final name.
 *
 * @param indexBytes of its index
 * @param copiedFrom the archive that what has not changed was copied from
 */
record Published(
    ArchiveName name, ArchiveSummary summary, long indexBytes, Optional<ArchiveName> copiedFrom) {}
