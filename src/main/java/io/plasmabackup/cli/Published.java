package io.plasmabackup.cli;

import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.store.ArchiveName;

/** An archive under its final name. */
record Published(ArchiveName name, ArchiveSummary summary) {}
