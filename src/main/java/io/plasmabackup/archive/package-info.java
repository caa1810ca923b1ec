/**
 * Entries → segments → packed bytes: the tar format, alignment, digests, the index. Asks an entry
 * for its content and knows no path; hands bytes to an {@link io.plasmabackup.archive.ArchiveSink}
 * and knows no store. The format is described in docs/format.md, and whoever changes one changes
 * the other.
 */
@NullMarked
package io.plasmabackup.archive;

import org.jspecify.annotations.NullMarked;
