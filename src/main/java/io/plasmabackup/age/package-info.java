/**
 * The age format, version 1 (https://c2sp.org/age): to whom a file is encrypted, who can open it,
 * and its payload in chunks, from which any range can be read. Header and X25519 recipients are
 * those of the library Jagged; SSH recipients, which it is not published with here, are added by
 * its own interfaces. Knows no files, stores or archives, and writes no log: a private key goes
 * nowhere from here.
 */
@NullMarked
package io.plasmabackup.age;

import org.jspecify.annotations.NullMarked;
