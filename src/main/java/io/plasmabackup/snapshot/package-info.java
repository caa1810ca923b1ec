/**
 * Makes a plan's snapshots and takes them away again. Deletes nothing but what it made itself,
 * recognised by its uuid.
 */
@NullMarked
package io.plasmabackup.snapshot;

import org.jspecify.annotations.NullMarked;
