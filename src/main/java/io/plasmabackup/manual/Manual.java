package io.plasmabackup.manual;

import io.plasmabackup.cli.CommandModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** Writes all pages and completions to a folder. */
public final class Manual {

  /** What users who aren't root run, too, is in section 1. */
  private static final List<String> OF_EVERYBODY = List.of("plasma-restore");

  private static final int COMMANDS_OF_EVERYBODY = 1;
  private static final int COMMANDS_OF_ADMINISTRATORS = 8;
  private static final int FILES = 5;

  private final Texts texts;
  private final String date;

  /**
   * @param repository that has {@code docs/} and {@code README.md}
   * @param date for the pages, as in 2026-01-31
   */
  Manual(Path repository, String date) {
    this.texts = new Texts(repository);
    this.date = date;
  }

  /**
   * Writes all.
   *
   * @param arguments the folder to write to; the repository; the date
   */
  public static void main(String[] arguments) throws IOException {
    new Manual(Path.of(arguments[1]), arguments[2]).write(Path.of(arguments[0]));
  }

  /** Makes {@code man}, {@code bash}, {@code zsh} and {@code fish} in a folder. */
  void write(Path folder) throws IOException {
    for (Map.Entry<String, String> file : files().entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
  }

  /** Contents by where they belong below the folder. */
  Map<String, String> files() throws IOException {
    List<CommandSpec> commands = CommandModels.all();
    Map<String, String> files = new TreeMap<>();
    for (CommandSpec command : commands) {
      String name = command.name();
      int section = section(name);
      files.put(
          "man/" + name + "." + section,
          new CommandPage(command, texts, page(name, section)).write(others(commands, name)));
      files.put("bash/" + name, new BashCompletion(command).write());
      files.put("zsh/_" + name, new ZshCompletion(command).write());
      files.put("fish/" + name + ".fish", new FishCompletion(command).write());
    }
    files.put(
        "man/" + ConfigurationPage.TITLE + "." + FILES,
        new ConfigurationPage(texts, page(ConfigurationPage.TITLE, FILES)).write());
    return files;
  }

  private Roff page(String name, int section) {
    return new Roff(name, section, date, CommandModels.version());
  }

  private static int section(String command) {
    return OF_EVERYBODY.contains(command) ? COMMANDS_OF_EVERYBODY : COMMANDS_OF_ADMINISTRATORS;
  }

  private static List<String> others(List<CommandSpec> commands, String name) {
    List<String> pages =
        commands.stream()
            .map(CommandSpec::name)
            .filter(other -> !other.equals(name))
            .map(other -> other + "(" + section(other) + ")")
            .collect(Collectors.toList());
    pages.add(ConfigurationPage.TITLE + "(" + FILES + ")");
    return pages;
  }
}
