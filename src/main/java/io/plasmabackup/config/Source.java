package io.plasmabackup.config;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.nio.file.Path;

/** The file that is being read: says where in it something is wrong. Lines and columns from 1. */
record Source(Path file) {

  /** {@code /etc/plasma-agent.conf: problem}. */
  Failure failure(String problem) {
    return failureAt("", problem);
  }

  /** {@code /etc/plasma-agent.conf:12: problem}. */
  Failure failure(int line, String problem) {
    return failureAt(":" + line, problem);
  }

  /** {@code /etc/plasma-agent.conf:12:7: problem}. */
  Failure failure(int line, int column, String problem) {
    return failureAt(":" + line + ":" + column, problem);
  }

  private Failure failureAt(String place, String problem) {
    return new Failure(
        ExitCode.CONFIGURATION, Quoted.printable(file.toString()) + place + ": " + problem);
  }
}
