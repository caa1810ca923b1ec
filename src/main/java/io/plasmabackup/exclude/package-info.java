/**
 * Which paths the administrator doesn't want: patterns in the syntax of {@code .gitignore}, and
 * what they say about a path; and the reasons for which anything may be left out. Judges names
 * only: no file is looked at, no folder walked, and what becomes of a path that is left out is for
 * others to do.
 */
@NullMarked
package io.plasmabackup.exclude;

import org.jspecify.annotations.NullMarked;
