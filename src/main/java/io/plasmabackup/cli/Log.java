package io.plasmabackup.cli;

import io.plasmabackup.linux.RawPath;
import java.io.PrintStream;

/**
 * What a command tells its user, a line each: progress and results to stdout, warnings and errors
 * to stderr. May be used by several threads.
 */
final class Log {

  /** To the end of the line; every terminal that Linux has had knows it. */
  private static final String ERASE_REST = "\033[K";

  private final String command;
  private final PrintStream out;
  private final PrintStream err;

  /** Whether the terminal's last line is one that still changes. */
  private boolean drawn;

  Log(String command, PrintStream out, PrintStream err) {
    this.command = command;
    this.out = out;
    this.err = err;
  }

  /** A step that was done, or a result. */
  synchronized void info(String line) {
    erase();
    out.println(safe(line));
  }

  /** Something that is not as one may expect, and that fails nothing. */
  synchronized void warn(String line) {
    erase();
    err.println(command + ": warning: " + safe(line));
  }

  /** Something that failed. */
  synchronized void error(String line) {
    erase();
    err.println(command + ": " + safe(line));
  }

  /**
   * Draws the last line of the terminal that stderr is, over what was drawn there. It gives way to
   * other lines, and is there again when it is drawn again.
   *
   * @param line without control characters, shorter than the terminal is wide
   */
  synchronized void draw(String line) {
    err.print("\r" + line + ERASE_REST);
    err.flush();
    drawn = true;
  }

  /** What is drawn stays as it is; other lines come below. */
  synchronized void keepDrawn() {
    if (drawn) {
      err.println();
      drawn = false;
    }
  }

  private void erase() {
    if (drawn) {
      err.print("\r" + ERASE_REST);
      err.flush();
      drawn = false;
    }
  }

  /**
   * Whatever a name or a server's answer holds, it must not steer a terminal or fake a line of the
   * log.
   */
  static String safe(String line) {
    return line.chars().anyMatch(Character::isISOControl)
        ? RawPath.of(line.replace("\0", "\\0").replace("\\", "\u2216")).toString()
        : line;
  }
}
