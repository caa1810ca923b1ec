package io.plasmabackup.manual;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What a definition says, in the form that pages and completions want. */
final class Words {

  private Words() {}

  /** Names of options from the shortest to the longest. */
  static List<String> names(OptionSpec option) {
    return Arrays.asList(option.names());
  }

  static List<OptionSpec> options(CommandSpec command) {
    return command.options().stream().filter(option -> !option.hidden()).toList();
  }

  static List<PositionalParamSpec> parameters(CommandSpec command) {
    return command.positionalParameters().stream()
        .filter(parameter -> !parameter.hidden())
        .toList();
  }

  static List<CommandSpec> subcommands(CommandSpec command) {
    List<CommandSpec> below = new ArrayList<>();
    command
        .subcommands()
        .values()
        .forEach(line -> {
          CommandSpec found = line.getCommandSpec();
          if (!found.subcommands().isEmpty()) {
            throw new IllegalStateException(
                found.qualifiedName()
                    + ": two levels below a command are more than completions know");
          }
          if (!found.usageMessage().hidden()) {
            below.add(found);
          }
        });
    return below;
  }

  /** All of the description of an argument. */
  static String description(ArgSpec argument) {
    return formatted(argument.description()).strip();
  }

  /** The first sentence of a command's description, to the first colon, without a full stop. */
  static String purpose(CommandSpec command) {
    String text = formatted(command.usageMessage().description());
    return text.split("(?<=\\S)[:.](?:\\s|$)", 2)[0].strip();
  }

  /** The first sentence of an argument's description, without a full stop. */
  static String summary(ArgSpec argument) {
    return description(argument).split("[.;](?:\\s|$)", 2)[0];
  }

  static String uncapitalised(String text) {
    return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }

  /** Lines of a definition, with the conversions that picocli makes in them. */
  static String formatted(String... lines) {
    return String.join("\n", lines).formatted();
  }
}
