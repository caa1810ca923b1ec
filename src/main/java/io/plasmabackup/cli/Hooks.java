package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The user's own commands, before and after a run. The only ones that a shell sees. Their output
 * goes where ours goes; they read nothing. Messages give a command's place in the list and not the
 * command itself, which may hold a password.
 */
final class Hooks {

  private final Log log;

  Hooks(Log log) {
    this.log = log;
  }

  /**
   * Runs commands in order until one fails.
   *
   * @param facts environment variables beside our own
   * @throws Failure ({@link ExitCode#BEFORE_HOOK}) if one fails
   */
  void before(List<String> commands, Map<String, String> facts) throws Failure {
    for (int i = 0; i < commands.size(); i++) {
      String problem = run(commands.get(i), facts);
      if (!problem.isEmpty()) {
        throw new Failure(
            ExitCode.BEFORE_HOOK,
            name("executeBefore", i) + " " + problem + "; no backup was made");
      }
    }
  }

  /**
   * Runs all commands, whatever they return.
   *
   * @param list the key that names them
   * @param consequence what one that fails means, after the message; perhaps empty
   * @return whether all of them succeeded; failures are logged
   */
  boolean all(String list, List<String> commands, Map<String, String> facts, String consequence)
      throws Failure {
    boolean succeeded = true;
    for (int i = 0; i < commands.size(); i++) {
      String problem = run(commands.get(i), facts);
      if (!problem.isEmpty()) {
        succeeded = false;
        log.error(name(list, i) + " " + problem + consequence);
      }
    }
    return succeeded;
  }

  /** What a command is called in messages. */
  static String name(String list, int index) {
    return "command " + (index + 1) + " of \"" + list + "\"";
  }

  /** Empty if all went well, else what went wrong. */
  private static String run(String command, Map<String, String> facts) throws Failure {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", "-c", command)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(facts);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return "cannot be started: " + e.getMessage();
    }
    try {
      int status = process.waitFor();
      if (status == 0) {
        return "";
      }
      // A shell's way to say that a signal ended it: 128 + its number.
      return status > 128 ? "was ended by signal " + (status - 128) : "ended with status " + status;
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal while a command was running", e);
    }
  }
}
