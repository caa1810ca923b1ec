package io.plasmabackup.store;

import java.time.Instant;

/**
 * A regular file in a store, as the storage lists it: untrusted.
 *
 * @param name plain file name
 * @param size bytes, not negative
 * @param modified last modification by the storage's clock
 */
public record StoredFile(String name, long size, Instant modified) {}
