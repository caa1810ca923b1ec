package io.plasmabackup.manual;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completes a command in fish. */
final class FishCompletion {

  private final CommandSpec command;
  private final List<CommandSpec> below;
  private final StringBuilder file = new StringBuilder();

  FishCompletion(CommandSpec command) {
    this.command = command;
    this.below = Words.subcommands(command);
  }

  String write() {
    file.append("# Completes ")
        .append(command.name())
        .append(" in fish. Made by scripts/manual.\n");
    line("-f");
    if (!below.isEmpty()) {
      // Which word says what to do: the first of the line that is one of these.
      file.append(
          """
          function %1$s
              set -l command
              for word in (commandline -opc)[2..]
                  if contains -- $word %2$s
                      set command $word
                      break
                  end
              end
              test "$command" = "$argv[1]"
          end
          """
              .formatted(
                  function(),
                  below.stream().map(CommandSpec::name).collect(Collectors.joining(" "))));
      for (CommandSpec subcommand : below) {
        line(
            "-n "
                + quoted(function())
                + " -a "
                + subcommand.name()
                + " -d "
                + quoted(Words.purpose(subcommand)));
      }
    }
    complete(command, below.isEmpty() ? "" : "-n " + quoted(function()) + " ");
    for (CommandSpec subcommand : below) {
      complete(subcommand, "-n " + quoted(function() + " " + subcommand.name()) + " ");
    }
    return file.toString();
  }

  private String function() {
    return "__" + command.name().replace('-', '_') + "_does";
  }

  private void complete(CommandSpec spec, String condition) {
    for (OptionSpec option : Words.options(spec)) {
      String names =
          Words.names(option).stream()
              .map(name ->
                  name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.charAt(1))
              .collect(Collectors.joining(" "));
      String argument =
          option.arity().max() == 0
              ? ""
              : (Argument.of(option).files() ? " -r" : " -x") + offer(option);
      line(condition + names + argument + " -d " + quoted(Words.summary(option)));
    }
    for (PositionalParamSpec parameter : Words.parameters(spec)) {
      String offer = offer(parameter);
      if (!offer.isEmpty()) {
        line(condition.stripTrailing() + offer);
      }
    }
  }

  private static String offer(ArgSpec argument) {
    Argument offered = Argument.of(argument);
    if (offered.files()) {
      return " -F";
    }
    if (offered.directories()) {
      return " -a '(__fish_complete_directories)'";
    }
    return offered.words().isEmpty() ? "" : " -a " + quoted(String.join(" ", offered.words()));
  }

  private void line(String arguments) {
    file.append("complete -c ")
        .append(command.name())
        .append(' ')
        .append(arguments.strip())
        .append('\n');
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
