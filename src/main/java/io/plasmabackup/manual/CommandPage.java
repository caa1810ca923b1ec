package io.plasmabackup.manual;

import io.plasmabackup.ExitCode;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The page about a command: one for all that is below it, too. */
final class CommandPage {

  private final CommandSpec command;
  private final Texts texts;
  private final Roff page;

  CommandPage(CommandSpec command, Texts texts, Roff page) {
    this.command = command;
    this.texts = texts;
    this.page = page;
  }

  String write(List<String> seeAlso) throws IOException {
    page.heading("Name")
        .paragraph(
            Inline.plain(command.name())
                .then(new Inline(" \\- "))
                .then(Inline.plain(Words.uncapitalised(Words.purpose(command)))));
    page.heading("Synopsis");
    List<CommandSpec> below = Words.subcommands(command);
    page.paragraph(synopsis(command));
    for (CommandSpec subcommand : below) {
      page.paragraph(synopsis(subcommand));
    }
    page.heading("Description");
    description(command);
    page.heading("Options");
    arguments(command);
    Prose.write(texts.about(command.name()), page, true);
    if (!below.isEmpty()) {
      page.heading("Commands");
      for (CommandSpec subcommand : below) {
        page.subheading(subcommand.qualifiedName());
        description(subcommand);
        arguments(subcommand);
        Prose.write(texts.about(subcommand.qualifiedName()), page, false);
      }
    }
    exitStatuses();
    page.heading("See also")
        .paragraph(
            seeAlso.stream()
                .map(Inline::plain)
                .reduce((first, second) -> first.then(new Inline(", ")).then(second))
                .orElseThrow());
    return page.toString();
  }

  private static Inline synopsis(CommandSpec command) {
    Inline line = Inline.bold(command.qualifiedName());
    for (OptionSpec option : Words.options(command)) {
      Inline form = form(option, option.longestName());
      line = line.then(new Inline(" ")).then(option.required() ? form : bracketed(form));
    }
    for (ArgSpec parameter : Words.parameters(command)) {
      Inline name = Inline.italic(parameter.paramLabel());
      if (parameter.arity().max() > 1) {
        name = name.then(new Inline(" .\\|.\\|."));
      }
      line = line.then(new Inline(" ")).then(parameter.arity().min() > 0 ? name : bracketed(name));
    }
    return command.subcommands().isEmpty()
        ? line
        : line.then(new Inline(" [")).then(Inline.italic("COMMAND")).then(new Inline("]"));
  }

  private static Inline bracketed(Inline text) {
    return new Inline("[").then(text).then(new Inline("]"));
  }

  private static Inline form(OptionSpec option, String name) {
    Inline form = Inline.bold(name);
    if (option.arity().max() == 0) {
      return form;
    }
    return form.then(Inline.plain(name.startsWith("--") ? "=" : " "))
        .then(Inline.italic(option.paramLabel()));
  }

  /** A line that begins with a space is an example. */
  private void description(CommandSpec described) {
    paragraphs(Words.formatted(described.usageMessage().description()));
    paragraphs(Words.formatted(described.usageMessage().footer()));
  }

  private void paragraphs(String text) {
    text.lines()
        .filter(line -> !line.isBlank())
        .forEach(line -> {
          if (line.startsWith(" ")) {
            page.example(line.strip());
          } else {
            page.paragraph(Inline.plain(line));
          }
        });
  }

  private void arguments(CommandSpec described) {
    for (ArgSpec parameter : Words.parameters(described)) {
      page.tagged(
          Inline.italic(parameter.paramLabel()), Inline.plain(Words.description(parameter)));
    }
    List<OptionSpec> options =
        Words.options(described).stream()
            .sorted(Comparator.comparing(OptionSpec::longestName))
            .toList();
    for (OptionSpec option : options) {
      Inline forms =
          Words.names(option).stream()
              .map(name -> form(option, name))
              .reduce((first, second) -> first.then(new Inline(", ")).then(second))
              .orElseThrow();
      page.tagged(forms, Inline.plain(Words.description(option)));
    }
  }

  private void exitStatuses() {
    page.heading("Exit status");
    for (ExitCode code : ExitCode.values()) {
      page.tagged(Inline.bold(Integer.toString(code.number())), Inline.plain(code.meaning() + "."));
    }
  }
}
