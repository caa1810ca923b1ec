/**
 * Where archives are kept: naming, {@code .part} → verify → publish, listing, deleting. {@link
 * Store} is the contract; {@code LocalStore} is a local directory, {@code store.ssh} a directory on
 * a server, where {@code store.serve} may help. Knows nothing of tar, snapshots or retention. Names
 * that come from a listing are untrusted until {@link ArchiveName#parse} took them.
 */
@NullMarked
package io.plasmabackup.store;

import org.jspecify.annotations.NullMarked;
