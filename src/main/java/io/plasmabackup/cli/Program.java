package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/**
 * Runs one command: parses its arguments, turns however it ends into a line on stderr and an exit
 * status.
 */
final class Program {

  /** A command that has others below it. */
  interface Parent extends Callable<ExitCode> {

    /** By name, in the order in which help lists them. */
    Map<String, Supplier<Callable<ExitCode>>> subcommands();
  }

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
    if (command instanceof Parent parent) {
      addSubcommands(line, parent.subcommands(), arguments);
    }
    pointToManual(line);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler((exception, given) -> {
      CommandSpec refused = exception.getCommandLine().getCommandSpec();
      System.err.printf(
          "%s: %s; see %s --help%n",
          refused.root().name(), problem(exception, refused), refused.qualifiedName());
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

  /**
   * Adds the one that an argument names; or all where help is to list them, or something is named
   * that there isn't; or none. To look at the options of one takes 10 ms in a process that has just
   * started.
   */
  private static void addSubcommands(
      CommandLine line, Map<String, Supplier<Callable<ExitCode>>> all, String... arguments) {
    for (String argument : arguments) {
      Supplier<Callable<ExitCode>> named = all.get(argument);
      if (named != null) {
        line.addSubcommand(argument, named.get());
        return;
      }
    }
    boolean askedForHelp =
        Arrays.stream(arguments).anyMatch(word -> word.equals("--help") || word.equals("-h"));
    if (askedForHelp || (arguments.length > 0 && !arguments[0].startsWith("-"))) {
      all.forEach((name, subcommand) -> line.addSubcommand(name, subcommand.get()));
    }
  }

  /**
   * What is wrong with the arguments. Of what is missing, the parser names the last, which was
   * given, where the first was forgotten.
   */
  private static String problem(ParameterException exception, CommandSpec command) {
    boolean isWordMissing =
        exception instanceof MissingParameterException missing
            && missing.getMissing().stream().anyMatch(ArgSpec::isPositional);
    List<PositionalParamSpec> words =
        command.positionalParameters().stream().filter(ArgSpec::required).toList();
    if (!isWordMissing || words.isEmpty()) {
      return String.valueOf(exception.getMessage());
    }
    Stream<String> options =
        command.options().stream()
            .filter(ArgSpec::required)
            .map(option -> option.longestName() + " " + option.paramLabel());
    PositionalParamSpec first = words.getFirst();
    String meaning = String.join(" ", first.description()).replaceFirst("\\.$", "");
    return "something is missing: %s %s, where %s is: %s"
        .formatted(
            command.qualifiedName(),
            Stream.concat(words.stream().map(ArgSpec::paramLabel), options)
                .collect(Collectors.joining(" ")),
            first.paramLabel(),
            meaning.substring(0, 1).toLowerCase(Locale.ROOT) + meaning.substring(1));
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
    new Log(command, System.out, System.err).failure(failure);
    return failure.exitCode();
  }

  /** Help fits a screen; what doesn't, such as the exit statuses, is in the manual. */
  private static void pointToManual(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    List<String> footer = new ArrayList<>(List.of(spec.usageMessage().footer()));
    footer.add("");
    footer.add("More, and what each exit status means: man " + spec.root().name());
    spec.usageMessage().footer(footer.toArray(String[]::new));
    line.getSubcommands().values().forEach(Program::pointToManual);
  }
}
