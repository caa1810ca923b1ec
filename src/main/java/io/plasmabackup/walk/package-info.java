/**
 * Snapshot (or live folder) → ordered stream of {@link Entry} records. Names are bytes, never
 * {@code String} round trips; the order is the same for the same tree, on every machine. Opens file
 * data only when asked for it, and knows nothing of archives.
 */
@NullMarked
package io.plasmabackup.walk;

import org.jspecify.annotations.NullMarked;
