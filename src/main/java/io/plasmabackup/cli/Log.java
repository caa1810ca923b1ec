package io.plasmabackup.cli;

import io.plasmabackup.linux.RawPath;
import java.io.PrintStream;

/**
 * What a command tells its user, a line each: progress and results to stdout, warnings and errors
 * to stderr.
 */
final class Log {

  private final String command;
  private final PrintStream out;
  private final PrintStream err;

  Log(String command, PrintStream out, PrintStream err) {
    this.command = command;
    this.out = out;
    this.err = err;
  }

  /** A step that was done, or a result. */
  void info(String line) {
    out.println(safe(line));
  }

  /** Something that is not as one may expect, and that fails nothing. */
  void warn(String line) {
    err.println(command + ": warning: " + safe(line));
  }

  /** Something that failed. */
  void error(String line) {
    err.println(command + ": " + safe(line));
  }

  /**
   * Whatever a name or a server's answer holds, it must not steer a terminal or fake a line of the
   * log.
   */
  private static String safe(String line) {
    return line.chars().anyMatch(Character::isISOControl)
        ? RawPath.of(line.replace("\0", "\\0").replace("\\", "\u2216")).toString()
        : line;
  }
}
