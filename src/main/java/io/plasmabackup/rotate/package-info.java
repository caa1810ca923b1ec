/**
 * Which archives stay and which go: the policy file, the pure decision ({@link
 * io.plasmabackup.rotate.Rotation#plan}), and the executor ({@link
 * io.plasmabackup.rotate.Rotator}). Sees a folder only through {@link io.plasmabackup.store.Store};
 * knows no paths, no terminal, and nothing of what is inside an archive.
 *
 * <p>Only files whose names are those of an archive, of an archive's index or record of
 * verification, or of their partial files, can ever be deleted.
 */
@NullMarked
package io.plasmabackup.rotate;

import org.jspecify.annotations.NullMarked;
