package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What the commands take, as they define it themselves: for the man pages and the completions of
 * shells.
 */
public final class CommandModels {

  private CommandModels() {}

  /** One for each command, with all that is below it. */
  public static List<CommandSpec> all() {
    return List.of(
        model(new PlasmaAgent()),
        model(new PlasmaRotate()),
        model(new PlasmaRestore()),
        model(new PlasmaStore()));
  }

  /** As {@code --version} prints it, for example {@code plasma 0.1.0}. */
  public static String version() {
    return Build.version();
  }

  private static CommandSpec model(Callable<ExitCode> command) {
    CommandLine line = new CommandLine(command);
    if (command instanceof Program.Parent parent) {
      parent.subcommands().forEach((name, below) -> line.addSubcommand(name, below.get()));
    }
    return line.getCommandSpec();
  }
}
