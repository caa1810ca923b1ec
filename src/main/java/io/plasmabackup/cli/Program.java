package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * Runs one command: parses its arguments, turns however it ends into a line on stderr and an exit
 * status.
 */
final class Program {

  private Program() {}

  /** Runs {@code command} with {@code arguments} and ends the process. */
  static void main(Callable<ExitCode> command, String[] arguments) {
    System.exit(run(command, arguments));
  }

  /** As {@link #main}, but gives the exit status back. */
  static int run(Callable<ExitCode> command, String... arguments) {
    CommandLine line = new CommandLine(command);
    line.setExecutionExceptionHandler((exception, commandLine, parsed) -> {
      String name = commandLine.getCommandName();
      if (exception instanceof Failure failure) {
        System.err.println(name + ": " + failure.getMessage());
        return failure.exitCode().number();
      }
      System.err.println(name + ": internal error, please report it: " + exception);
      exception.printStackTrace();
      return ExitCode.INTERNAL.number();
    });
    // picocli itself ends with 2, ExitCode.USAGE, where the command line is wrong.
    int status = line.execute(arguments);
    ExitCode result = line.getExecutionResult();
    return result != null ? result.number() : status;
  }
}
