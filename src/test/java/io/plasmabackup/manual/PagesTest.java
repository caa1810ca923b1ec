package io.plasmabackup.manual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.ExitCode;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.CommandSpec;

class PagesTest {

  @TempDir private Path folder;
  private Path pages = Path.of("");

  @BeforeEach
  void make() throws IOException {
    pages = Made.in(folder).resolve("man");
  }

  @Test
  void thereIsOneForEachCommandAndOneForTheConfiguration() throws IOException {
    assertThat(names(pages))
        .containsExactlyInAnyOrder(
            "plasma-agent.8",
            "plasma-rotate.8",
            "plasma-restore.1",
            "plasma-store.8",
            "plasma-agent.conf.5");
  }

  @Test
  void manSaysNothingAgainstThem() throws IOException {
    Requires.tool("man");
    for (String page : names(pages)) {
      String output =
          Command.run(
              "sh",
              "-c",
              "man --warnings -E UTF-8 -l -Tutf8 -Z \"$0\" >/dev/null",
              pages.resolve(page).toString());
      assertThat(output).as(page).isEmpty();
    }
  }

  @Test
  void mandocSaysNothingAgainstThem() throws IOException {
    Requires.tool("mandoc");
    for (String page : names(pages)) {
      assertThat(Command.attempt("mandoc", "-Tlint", pages.resolve(page).toString()).output())
          .as(page)
          .isEmpty();
    }
  }

  @Test
  void everyOptionParameterAndCommandIsThere() throws IOException {
    Requires.tool("mandoc");
    for (CommandSpec command : Made.commands()) {
      String text = rendered(command.name());
      for (CommandSpec described : all(command)) {
        String part = part(text, described, command);
        List<String> expected = new ArrayList<>();
        Words.options(described).forEach(option -> expected.addAll(Words.names(option)));
        Words.parameters(described).forEach(parameter -> expected.add(parameter.paramLabel()));
        for (String word : expected) {
          assertThat(part)
              .as("%s of %s", word, described.qualifiedName())
              .containsPattern("(?m)^ +([^\\n]*, )?\\Q" + word + "\\E(=\\S+| [A-Z]+)?(,|\\s|$)");
        }
      }
    }
  }

  @Test
  void everyExitStatusIsOnThePagesOfCommands() throws IOException {
    Requires.tool("mandoc");
    for (CommandSpec command : Made.commands()) {
      String text = rendered(command.name()).replaceAll("\\s+", " ");
      for (ExitCode code : ExitCode.values()) {
        assertThat(text).contains(" " + code.number() + " " + code.meaning() + ".");
      }
    }
  }

  @Test
  void whatIsInDocsManualIsOnAPage() throws IOException {
    List<String> known = new ArrayList<>(List.of(ConfigurationPage.TITLE));
    Made.commands()
        .forEach(command -> all(command).forEach(spec -> known.add(spec.qualifiedName())));
    assertThat(known.stream().map(title -> title.replace(' ', '-') + ".md"))
        .as("the pages that could have the texts in docs/manual")
        .containsAll(names(Made.REPOSITORY.resolve("docs/manual")));
  }

  @Test
  void aTextAboutSomethingElseIsRefused() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("docs/manual"));
    Files.writeString(texts.resolve("plasma-agent.md"), "# plasma-rotate\n\nText.\n");

    assertThatThrownBy(() -> new Texts(folder).about("plasma-agent"))
        .hasMessageContaining("plasma-agent.md doesn't begin with: # plasma-agent");
  }

  @Test
  void nothingInATextIsTakenForARequest() throws IOException {
    Requires.tool("mandoc");
    String text =
        ".ex 'quoted' \\fBnot bold\\fR -- \"double\" `a\\b` ~ ^ … **bold `.so /etc/passwd`** \\| [a](b.md)";
    Path page = folder.resolve("page.1");
    Roff roff = new Roff("page", 1, "2026-01-31", "plasma");
    roff.heading("Name")
        .paragraph(Inline.plain("page").then(new Inline(" \\- ")).then(Inline.plain("x")));
    roff.heading("Text");
    Prose.write(
        Markdown.blocks(text + "\n\n```\n.so /etc/passwd\n'br\n```\n\n- .item\n"), roff, true);
    Files.writeString(page, roff.toString());

    assertThat(
            Command.run("sh", "-c", "mandoc -Tutf8 -Owidth=150 \"$0\" | col -b", page.toString()))
        .contains(
            ".ex 'quoted' \\fBnot bold\\fR -- \"double\" a\\b ~ ^ … bold .so /etc/passwd | a (b.md)",
            ".so /etc/passwd\n",
            "'br\n",
            ".item");
    assertThat(Command.attempt("mandoc", "-Tlint", page.toString()).output()).isEmpty();
  }

  private String rendered(String command) throws IOException {
    String page =
        names(pages).stream()
            .filter(name -> name.matches("\\Q" + command + "\\E\\.\\d"))
            .findFirst()
            .orElseThrow();
    return Command.run(
        "sh", "-c", "mandoc -Tutf8 -Owidth=200 \"$0\" | col -bx", pages.resolve(page).toString());
  }

  /** What the page says of a command alone, or of one below it. */
  private static String part(String text, CommandSpec described, CommandSpec command) {
    if (described.equals(command)) {
      int end = text.indexOf("\nCOMMANDS\n");
      return text.substring(text.indexOf("\nOPTIONS\n"), end < 0 ? text.length() : end);
    }
    String heading = "\n   " + described.qualifiedName() + "\n";
    assertThat(text).contains(heading);
    String rest = text.substring(text.indexOf(heading) + heading.length());
    return rest.split("\n   \\S|\n\\S", 2)[0];
  }

  private static List<CommandSpec> all(CommandSpec command) {
    return Stream.concat(Stream.of(command), Words.subcommands(command).stream()).toList();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
