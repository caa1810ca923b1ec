package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.CommandSpec;

class HelpTest {

  private static final int COLUMNS = 80;
  private static final int LINES = 24;

  /** With more than these it may be two screens. */
  private static final int ENTRIES = 12;

  static Stream<Arguments> commands() {
    List<Arguments> all = new ArrayList<>();
    List<Callable<ExitCode>> commands =
        List.of(new PlasmaAgent(), new PlasmaRotate(), new PlasmaRestore(), new PlasmaStore());
    for (int i = 0; i < commands.size(); i++) {
      CommandSpec model = CommandModels.all().get(i);
      Callable<ExitCode> command = commands.get(i);
      all.add(Arguments.of(command, model, List.of("--help")));
      model
          .subcommands()
          .forEach((name, line) ->
              all.add(Arguments.of(command, line.getCommandSpec(), List.of(name, "--help"))));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void fitsAScreen(Callable<ExitCode> command, CommandSpec model, List<String> arguments) {
    Run run = Commands.run(command, arguments.toArray(String[]::new));

    assertThat(run.status()).isZero();
    int entries =
        model.options().size() + model.positionalParameters().size() + model.subcommands().size();
    List<String> lines = run.out().lines().toList();
    assertThat(lines)
        .as("%s: keep descriptions short; long texts are for docs/manual", model.qualifiedName())
        .hasSizeLessThanOrEqualTo(entries > ENTRIES ? 2 * LINES : LINES)
        .allMatch(line -> line.length() <= COLUMNS)
        .last()
        .asString()
        .endsWith("man " + model.root().name());
  }
}
