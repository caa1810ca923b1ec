/**
 * What a run will do, decided before anything is done. {@link io.plasmabackup.plan.Inspector} looks
 * at the system and changes nothing; {@link io.plasmabackup.plan.Planner} is pure. {@code
 * --dry-run} prints the {@link io.plasmabackup.plan.Plan}; nothing later in a run decides what is
 * backed up.
 */
@NullMarked
package io.plasmabackup.plan;

import org.jspecify.annotations.NullMarked;
