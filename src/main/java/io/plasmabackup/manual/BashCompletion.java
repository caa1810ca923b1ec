package io.plasmabackup.manual;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completes a command in bash (4.0 and newer), with nothing else installed. */
final class BashCompletion {

  private final CommandSpec command;
  private final List<CommandSpec> below;

  BashCompletion(CommandSpec command) {
    this.command = command;
    this.below = Words.subcommands(command);
  }

  String write() {
    String function = "_" + command.name().replace('-', '_');
    return """
    # Completes %1$s in bash. Made by scripts/manual.
    %2$s() {
      local current=${COMP_WORDS[COMP_CWORD]} command='' option='' word i position=0
      COMPREPLY=()
      # Between --option and its argument bash may have made a word of the = as well.
      [ "$current" != = ] || current=
      for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
          =) ;;
          %3$s) option=$word ;;
          *)
            if [ -n "$option" ]; then
              option=
            elif [[ $word != -* ]]; then
              %4$s
            fi
            ;;
        esac
      done
      if [ -n "$option" ]; then
        case $command,$option in
    %5$s    esac
      elif [[ $current = -* ]]; then
        case $command in
    %6$s    esac
      else
        case $command,$position in
    %7$s    esac
      fi
    }
    complete -F %2$s %1$s
    """
        .formatted(
            command.name(),
            function,
            orNone(withArgument()),
            word(),
            arguments(),
            options(),
            positions());
  }

  /** The command itself, whose name is nothing there, and what is below it. */
  private Map<String, CommandSpec> all() {
    Map<String, CommandSpec> all = new LinkedHashMap<>();
    all.put("", command);
    below.forEach(subcommand -> all.put(subcommand.name(), subcommand));
    return all;
  }

  /** What to do with a word that is neither an option nor one's argument. */
  private String word() {
    String count = "position=$((position + 1))";
    return below.isEmpty()
        ? count
        : "case $command$position,$word in %s) command=$word ;; *) %s ;; esac"
            .formatted(
                below.stream()
                    .map(subcommand -> "0," + subcommand.name())
                    .collect(Collectors.joining(" | ")),
                count);
  }

  private NavigableSet<String> withArgument() {
    NavigableSet<String> with = new TreeSet<>();
    NavigableSet<String> without = new TreeSet<>();
    for (CommandSpec spec : all().values()) {
      for (OptionSpec option : Words.options(spec)) {
        (option.arity().max() > 0 ? with : without).addAll(Words.names(option));
      }
    }
    if (with.stream().anyMatch(without::contains)) {
      throw new IllegalStateException(
          command.name() + " has an option with an argument here and without one there");
    }
    return with;
  }

  private String arguments() {
    Map<String, Map<String, String>> offers = new TreeMap<>();
    all()
        .forEach((name, spec) -> {
          for (OptionSpec option : Words.options(spec)) {
            if (option.arity().max() > 0) {
              Words.names(option)
                  .forEach(word ->
                      offers
                          .computeIfAbsent(word, _ -> new LinkedHashMap<>())
                          .put(name, offer(Argument.of(option))));
            }
          }
        });
    StringBuilder cases = new StringBuilder();
    offers.forEach((word, byCommand) -> {
      boolean same = byCommand.values().stream().distinct().count() == 1;
      if (same) {
        append(cases, "*," + word, byCommand.values().iterator().next());
      } else {
        byCommand.forEach((name, offer) -> append(cases, name + "," + word, offer));
      }
    });
    return cases.toString();
  }

  private String options() {
    StringBuilder cases = new StringBuilder();
    all()
        .forEach((name, spec) -> {
          List<String> words = new ArrayList<>();
          Words.options(spec).forEach(option -> words.addAll(Words.names(option)));
          append(cases, quotedEmpty(name), offer(words));
        });
    return cases.toString();
  }

  private String positions() {
    StringBuilder cases = new StringBuilder();
    if (!below.isEmpty()) {
      append(cases, ",0", offer(below.stream().map(CommandSpec::name).toList()));
    }
    all()
        .forEach((name, spec) -> {
          for (PositionalParamSpec parameter : Words.parameters(spec)) {
            String position =
                parameter.index().max() > parameter.index().min()
                    ? "*"
                    : Integer.toString(parameter.index().min());
            append(cases, name + "," + position, offer(Argument.of(parameter)));
          }
        });
    return cases.toString();
  }

  private static void append(StringBuilder cases, String pattern, String action) {
    if (action.isEmpty()) {
      return;
    }
    cases.append("      ").append(pattern).append(") ").append(action).append(";;\n");
  }

  private static String quotedEmpty(String name) {
    return name.isEmpty() ? "''" : name;
  }

  private static String orNone(Iterable<String> words) {
    String patterns = String.join(" | ", words);
    return patterns.isEmpty() ? "''" : patterns;
  }

  private static String offer(Argument argument) {
    if (argument.files()) {
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ";
    }
    if (argument.directories()) {
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ";
    }
    return argument.words().isEmpty() ? "" : offer(argument.words());
  }

  private static String offer(List<String> words) {
    return "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$current\") "
        .formatted(String.join(" ", words));
  }
}
