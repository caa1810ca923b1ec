/**
 * What {@code plasma-store} does on the server: it shares or copies ranges of an archive into a new
 * one, and reads what is stored to compare it. Who asks for that may write to the folder anyway,
 * but nothing is believed of what it says: names are those of archives in one folder, no link is
 * followed, and numbers are within what is there.
 */
@NullMarked
package io.plasmabackup.store.serve;

import org.jspecify.annotations.NullMarked;
