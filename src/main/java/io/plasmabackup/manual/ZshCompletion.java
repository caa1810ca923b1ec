package io.plasmabackup.manual;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completes a command in zsh: a file of {@code $fpath}, by {@code _arguments}. */
final class ZshCompletion {

  private final CommandSpec command;
  private final List<CommandSpec> below;

  ZshCompletion(CommandSpec command) {
    this.command = command;
    this.below = Words.subcommands(command);
  }

  String write() {
    StringBuilder file = new StringBuilder();
    file.append("#compdef ").append(command.name()).append('\n');
    file.append("# Made by scripts/manual.\n");
    if (below.isEmpty()) {
      return file.append(arguments(command, "")).append('\n').toString();
    }
    file.append("local curcontext=$curcontext state line\n");
    file.append("local -a commands=(\n");
    for (CommandSpec subcommand : below) {
      file.append("  ")
          .append(quoted(subcommand.name() + ":" + Words.purpose(subcommand)))
          .append('\n');
    }
    file.append(")\n");
    file.append(options("_arguments -C -s", command, ""))
        .append(" \\\n  '1:command:->command' '*::argument:->argument' && return\n");
    file.append("case $state in\n  command) _describe command commands ;;\n");
    file.append("  argument)\n    case $line[1] in\n");
    for (CommandSpec subcommand : below) {
      file.append("      ")
          .append(subcommand.name())
          .append(")\n")
          .append(arguments(subcommand, "        "))
          .append(" ;;\n");
    }
    file.append("    esac\n    ;;\nesac\n");
    return file.toString();
  }

  private static String arguments(CommandSpec spec, String indent) {
    StringBuilder line = new StringBuilder(options("_arguments -s", spec, indent));
    for (PositionalParamSpec parameter : Words.parameters(spec)) {
      boolean several = parameter.index().max() > parameter.index().min();
      String position = several ? "*" : Integer.toString(parameter.index().min() + 1);
      String optional = parameter.arity().min() > 0 || several ? "" : ":";
      line.append(" \\\n  ")
          .append(indent)
          .append(
              quoted(position + optional + ":" + parameter.paramLabel() + ":" + action(parameter)));
    }
    return line.toString();
  }

  private static String options(String start, CommandSpec spec, String indent) {
    StringBuilder line = new StringBuilder(indent).append(start);
    for (OptionSpec option : Words.options(spec)) {
      List<String> names = Words.names(option);
      String others = names.stream().collect(Collectors.joining(" ", "(", ")"));
      for (String name : names) {
        line.append(" \\\n  ").append(indent).append(quoted(option(option, name, others)));
      }
    }
    return line.toString();
  }

  private static String option(OptionSpec option, String name, String others) {
    String summary = "[" + bracketed(Words.summary(option)) + "]";
    String exclusive = option.usageHelp() || option.versionHelp() ? "(- *)" : others;
    if (option.arity().max() == 0) {
      return exclusive + name + summary;
    }
    // A long option's argument may stand behind a =, or be the next word.
    String form = name.startsWith("--") ? name + "=" : name + "+";
    return exclusive + form + summary + ":" + option.paramLabel() + ":" + action(option);
  }

  private static String action(picocli.CommandLine.Model.ArgSpec argument) {
    Argument offered = Argument.of(argument);
    if (offered.files()) {
      return "_files";
    }
    if (offered.directories()) {
      return "_path_files -/";
    }
    return offered.words().isEmpty() ? " " : "(" + String.join(" ", offered.words()) + ")";
  }

  private static String bracketed(String text) {
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]");
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
