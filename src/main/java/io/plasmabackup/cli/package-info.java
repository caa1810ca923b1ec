/**
 * The three commands: arguments, wiring, progress, exit codes. The only {@code System.exit} and the
 * only writing to the terminal. Decides nothing about backups: what to do is in {@code plan}, how
 * in the packages behind it.
 */
@NullMarked
package io.plasmabackup.cli;

import org.jspecify.annotations.NullMarked;
