package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.rotate.RotationReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the rotation of one folder ended.
 *
 * @param folder as given on the command line
 * @param report null where the folder could not be rotated; then {@code failures} says why
 */
record RotatedFolder(String folder, @Nullable RotationReport report, List<Failure> failures) {

  /** That of the first failure. */
  ExitCode exitCode() {
    return failures.isEmpty() ? ExitCode.OK : failures.getFirst().exitCode();
  }
}
