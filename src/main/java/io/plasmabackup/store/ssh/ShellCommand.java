package io.plasmabackup.store.ssh;

import java.util.List;

/** Command lines for the POSIX shell that stands behind an SSH exec request. */
public final class ShellCommand {

  private ShellCommand() {}

  /** A command line that runs {@code program} with exactly these arguments. */
  public static String of(String program, List<String> arguments) {
    StringBuilder line = new StringBuilder(quote(program));
    for (String argument : arguments) {
      line.append(' ').append(quote(argument));
    }
    return line.toString();
  }

  /**
   * {@code word} as the shell must read it to see exactly that word.
   *
   * @throws IllegalArgumentException if it has a NUL, which no argument can have
   */
  public static String quote(String word) {
    if (word.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL in an argument");
    }
    if (!word.isEmpty() && word.matches("[A-Za-z0-9_./:@%+=,-]+")) {
      return word;
    }
    return "'" + word.replace("'", "'\\''") + "'";
  }
}
