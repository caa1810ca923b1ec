/**
 * What {@code plasma-store} offers to the holder of a key whose forced command it is: a small SFTP
 * server for one folder, in which archives can be stored and nothing that is there can be changed
 * or deleted, and the few commands that the agent runs, none of them by a shell. Everything that
 * comes in is taken for an attacker's; what isn't expressly allowed is refused. Knows no terminal
 * and starts no program. docs/threat-model.md says what is protected by it.
 */
@NullMarked
package io.plasmabackup.store.guard;

import org.jspecify.annotations.NullMarked;
