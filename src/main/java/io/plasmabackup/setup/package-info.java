/**
 * What a new machine begins with: the text of its configuration, the commands for the storage
 * server, files that take nobody's place. Asks nobody and connects to nothing; whatever the values
 * hold, they stand as themselves in JSON, in a shell's command line and in {@code authorized_keys}.
 */
@NullMarked
package io.plasmabackup.setup;

import org.jspecify.annotations.NullMarked;
