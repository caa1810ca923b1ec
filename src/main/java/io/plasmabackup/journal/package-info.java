/**
 * What a run has to leave behind for the next one: which snapshots and files it makes, written down
 * before they are made, and how much of its archive the storage has confirmed. Kept in the state
 * folder until nothing of the run is left. Knows what there may be, but deletes and resumes nothing
 * itself. What it reads may be damaged: everything carries a checksum, and what doesn't match is as
 * if it weren't there.
 */
@NullMarked
package io.plasmabackup.journal;

import org.jspecify.annotations.NullMarked;
