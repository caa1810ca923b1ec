/**
 * What every other package may use: how a run can end ({@link io.plasmabackup.ExitCode}) and the
 * one exception that says why ({@link io.plasmabackup.Failure}), and how people write durations and
 * sizes in files and options ({@link io.plasmabackup.DurationForm}, {@link
 * io.plasmabackup.SizeForm}). Nothing else lives here.
 */
@NullMarked
package io.plasmabackup;

import org.jspecify.annotations.NullMarked;
