/**
 * Puts members of a tar into a folder, and nowhere else: every name, link and number in a tar is
 * untrusted, and so is what already is in the folder. Knows no archives and no stores; whatever
 * reads a tar can use it.
 */
@NullMarked
package io.plasmabackup.extract;

import org.jspecify.annotations.NullMarked;
