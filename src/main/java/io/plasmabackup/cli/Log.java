package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.RawPath;
import java.io.PrintStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
  private final LogFormat outFormat;
  private final LogFormat errFormat;

  private @Nullable ServiceStatus service;

  /** What all lines are about, for a while; or nothing. */
  private String about = "";

  /** Whether the terminal's last line is one that still changes. */
  private boolean drawn;

  Log(String command, PrintStream out, PrintStream err) {
    this(command, out, LogFormat.TEXT, err, LogFormat.TEXT);
  }

  Log(String command, PrintStream out, LogFormat outFormat, PrintStream err, LogFormat errFormat) {
    this.command = command;
    this.out = out;
    this.outFormat = outFormat;
    this.err = err;
    this.errFormat = errFormat;
  }

  /**
   * The log of a process: whatever is read by systemd's journal has its priorities.
   *
   * @param format as the user wants it
   * @param stdout whether results go to stdout; else all goes to stderr
   */
  static Log ofProcess(String command, LogFormat format, boolean stdout) {
    LogFormat errFormat = format.at(2);
    return new Log(
        command,
        stdout ? System.out : System.err,
        stdout ? format.at(1) : errFormat,
        System.err,
        errFormat);
  }

  /**
   * From now on a service manager is told, too, what is being done.
   *
   * @param manager stays the caller's
   */
  synchronized void tell(ServiceStatus manager) {
    service = manager;
  }

  /** Begins each line, until what it returns is closed, with a target's name, where it has one. */
  synchronized About about(Optional<String> target) {
    about = target.map(name -> name + ": ").orElse("");
    return this::aboutNothing;
  }

  private synchronized void aboutNothing() {
    about = "";
  }

  /** The time in which all lines are about something. */
  interface About extends AutoCloseable {
    @Override
    void close();
  }

  /** What is being done now, for who looks at the service; a line that takes the former's place. */
  synchronized void doing(String line) {
    if (service == null) {
      return;
    }
    try {
      service.show(safe(about + line));
    } catch (ErrnoException e) {
      // The backup matters more, and once is enough.
      service = null;
      warn("systemd isn't told how the run gets on: " + e.getMessage());
    }
  }

  /** A step that was done, or a result. */
  synchronized void info(String line) {
    erase();
    out.println(outFormat.line(LogFormat.Level.INFO, command, safe(about + line)));
  }

  /** Something that is not as one may expect, and that fails nothing. */
  synchronized void warn(String line) {
    erase();
    err.println(errFormat.line(LogFormat.Level.WARNING, command, safe(about + line)));
  }

  /** Something that failed. */
  synchronized void error(String line) {
    erase();
    err.println(errFormat.line(LogFormat.Level.ERROR, command, safe(about + line)));
  }

  /** What failed, and what else failed while cleaning up after it. */
  void failure(Failure failure) {
    error(failure.getMessage());
    for (Throwable suppressed : failure.getSuppressed()) {
      error(String.valueOf(suppressed.getMessage()));
    }
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
