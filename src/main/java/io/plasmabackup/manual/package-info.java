/**
 * Makes the man pages, and the completions for bash, zsh and fish, of what the commands define
 * themselves, of the long texts in {@code docs/manual}, and of the README's table of keys. Runs at
 * build time ({@code scripts/manual}); no command knows it.
 */
@NullMarked
package io.plasmabackup.manual;

import org.jspecify.annotations.NullMarked;
