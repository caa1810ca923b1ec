/**
 * Reads tars: those of {@code archive}, of GNU tar, of bsdtar and of whoever else writes ustar, pax
 * or GNU headers. What it reads is untrusted: numbers are checked, and nothing is done with names
 * but handing them on. Knows no files and no stores.
 */
@NullMarked
package io.plasmabackup.tar;

import org.jspecify.annotations.NullMarked;
