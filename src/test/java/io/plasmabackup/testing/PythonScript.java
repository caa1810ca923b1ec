package io.plasmabackup.testing;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The scripts among the resources of this package. They are in Python because there names are
 * bytes, and every step can be taken relative to an open directory: paths may be longer than the
 * kernel takes in one call.
 */
public final class PythonScript {

  /** Debian's: another one on PATH may lack what this needs. */
  private static final String PYTHON = "/usr/bin/python3";

  private PythonScript() {}

  /**
   * Runs one to its end.
   *
   * @return what it printed
   * @throws AssertionError if it fails
   */
  public static String run(String script, String... arguments) {
    return Command.run(command(script, arguments).toArray(String[]::new));
  }

  /** Starts one that is talked to while it runs; what it has to complain about goes to stderr. */
  static Process start(String script, String... arguments) throws IOException {
    return new ProcessBuilder(command(script, arguments))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** How to start one, as a list of words. */
  public static List<String> command(String script, String... arguments) {
    Requires.tool(PYTHON);
    // Nothing but what the build puts there belongs among the resources.
    List<String> command = new ArrayList<>(List.of(PYTHON, "-B", resource(script).toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static Path resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(PythonScript.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
