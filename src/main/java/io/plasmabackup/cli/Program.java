package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Runs one command: parses its arguments, turns however it ends into a line on stderr and an exit
 * status.
 */
final class Program {

  private Program() {}

  /** Runs {@code command} with {@code arguments} and ends the process. */
  static void main(Callable<ExitCode> command, String[] arguments) {
    // Scripts ask for this, and without loading picocli the answer takes a quarter of the time.
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      System.out.println(Build.version());
      return;
    }
    System.exit(run(command, arguments));
  }

  /** As {@link #main}, but gives the exit status back. */
  static int run(Callable<ExitCode> command, String... arguments) {
    CommandLine line = new CommandLine(command);
    line.getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit status:%n")
        .exitCodeList(exitCodes());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler((exception, given) -> {
      CommandSpec refused = exception.getCommandLine().getCommandSpec();
      System.err.printf(
          "%s: %s; see %s --help%n",
          refused.root().name(), exception.getMessage(), refused.qualifiedName());
      return ExitCode.USAGE.number();
    });
    line.setExecutionExceptionHandler((exception, commandLine, parsed) -> {
      String name = commandLine.getCommandSpec().root().name();
      if (exception instanceof Failure failure) {
        return report(name, failure).number();
      }
      System.err.println(name + ": internal error, please report it: " + exception);
      exception.printStackTrace();
      return ExitCode.INTERNAL.number();
    });
    int status = line.execute(arguments);
    ExitCode result = result(line);
    return result != null ? result.number() : status;
  }

  /** Of the command that was run, be it one below another; null if none was. */
  private static @Nullable ExitCode result(CommandLine line) {
    CommandLine.ParseResult parsed = line.getParseResult();
    while (parsed != null && parsed.hasSubcommand()) {
      parsed = parsed.subcommand();
    }
    return parsed == null ? null : parsed.commandSpec().commandLine().getExecutionResult();
  }

  /** Tells the user; how the command then ends. */
  static ExitCode report(String command, Failure failure) {
    System.err.println(command + ": " + failure.getMessage());
    // What else failed while cleaning up after it.
    for (Throwable suppressed : failure.getSuppressed()) {
      System.err.println(command + ": " + suppressed.getMessage());
    }
    return failure.exitCode();
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> meanings = new LinkedHashMap<>();
    for (ExitCode exitCode : ExitCode.values()) {
      meanings.put(Integer.toString(exitCode.number()), exitCode.meaning());
    }
    return meanings;
  }
}
