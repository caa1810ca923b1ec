package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

class ProgramTest {

  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  @Command(name = "plasma-test")
  private record TestCommand(Callable<ExitCode> body) implements Callable<ExitCode> {
    @Override
    public ExitCode call() throws Exception {
      return body.call();
    }
  }

  @Test
  void endsAsTheCommandSays() {
    assertThat(Program.run(new TestCommand(() -> ExitCode.ROTATION))).isEqualTo(11);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void failureIsOneLineAndItsExitCode() {
    Callable<ExitCode> command =
        new TestCommand(() -> {
          throw new Failure(ExitCode.CONNECTION, "backup.example: refused");
        });

    assertThat(Program.run(command)).isEqualTo(8);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("plasma-test: backup.example: refused\n");
  }

  @Test
  void defectIsReportedWithItsStack() {
    Callable<ExitCode> command =
        new TestCommand(() -> {
          throw new IllegalStateException("impossible");
        });

    assertThat(Program.run(command)).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("plasma-test: internal error, please report it: ")
        .contains("impossible", "at " + ProgramTest.class.getName());
  }

  @Test
  void wrongCommandLineIsOneLineThatPointsAtHelp() {
    assertThat(Program.run(new PlasmaAgent(), "--no-such-option")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("plasma-agent: Unknown option: '--no-such-option'; see plasma-agent --help\n");
  }

  @Test
  void bothWaysToTheVersionSayTheSame() {
    assertThat(Program.run(new PlasmaAgent(), "--version")).isZero();
    Program.main(new PlasmaAgent(), new String[] {"--version"});
    String expected = "plasma " + System.getProperty("plasma.version") + "\n";
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(expected + expected);
  }

  @Test
  void whatIsWrongBelowACommandPointsAtTheHelpOfThat() {
    assertThat(Program.run(new PlasmaRestore(), "list", "--nothing")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("plasma-restore: Unknown option: '--nothing'; see plasma-restore list --help\n");
  }

  @ParameterizedTest
  @CsvSource({
    "find *.conf, find ARCHIVE PATTERN",
    "find, find ARCHIVE PATTERN",
    "cat /etc/fstab, cat ARCHIVE PATH",
    "ls, ls ARCHIVE",
    "diff, diff ARCHIVE",
    "extract --to /nowhere, extract ARCHIVE --to DIR",
    "extract, extract ARCHIVE --to DIR",
  })
  void whereAnArchiveIsMissingItSaysHowToNameOne(String line, String form) {
    assertThat(Program.run(new PlasmaRestore(), words(line))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "plasma-restore: something is missing: plasma-restore %s, where ARCHIVE is: its file name, how that begins (20260105), or latest; see plasma-restore %s --help\n"
                .formatted(form, form.split(" ", 2)[0]));
  }

  @Test
  void whereOnlyAnOptionIsMissingItNamesThat() {
    assertThat(Program.run(new PlasmaRestore(), "extract", "latest")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "plasma-restore: Missing required option: '--to=DIR'; see plasma-restore extract --help\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ls /etc", "cat /etc /etc/fstab", "find /etc *.conf", "extract /etc --to /nowhere/to",
        "diff /mnt", "verify /etc", "drill /etc", "reindex /etc"
      })
  void aPathIsNotTakenForAnArchive(String line, @TempDir Path archives) {
    String[] words = words(line + " --from " + archives);

    assertThat(Program.run(new PlasmaRestore(), words)).isEqualTo(2);

    assertThat(err.toString(StandardCharsets.UTF_8))
        .hasLineCount(1)
        .contains(words[1] + " is no archive's name; name the archive first", "latest", "--from");
  }

  @Test
  void restoreWithoutAWordSaysThatItNeedsOne() {
    assertThat(Program.run(new PlasmaRestore())).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("plasma-restore: says what to do by a word, such as list")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--config FILE check", "check --config FILE", "check --config=FILE"})
  void whatSubcommandsTakeTooMayStandBeforeAndAfterThem(String line) {
    assertThat(Program.run(new PlasmaAgent(), words(line))).isEqualTo(3);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .containsPattern("(?m)^FAILED +configuration +/nowhere/agent.conf: no such file");
  }

  @Test
  void optionsOfABackupAreRefusedBeforeASubcommand() {
    assertThat(Program.run(new PlasmaAgent(), words("--dry-run check --config FILE"))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("are of a backup").hasLineCount(1);
  }

  @Test
  void subcommandThatThereIsNotIsRefused() {
    assertThat(Program.run(new PlasmaAgent(), "chekc")).isEqualTo(2);
    assertThat(Program.run(new PlasmaAgent(), words("--config FILE chekc"))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .hasSize(2)
        .allMatch(line -> line.matches("plasma-agent: .*'chekc'; see plasma-agent --help"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", "--config FILE --help"})
  void helpListsSubcommands(String line) {
    assertThat(Program.run(new PlasmaAgent(), words(line))).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).containsPattern("(?m)^  check +Looks");
  }

  @Command(name = "plasma-test")
  private record TestParent(Map<String, Supplier<Callable<ExitCode>>> subcommands)
      implements Program.Parent {
    @Override
    public ExitCode call() {
      return ExitCode.OK;
    }
  }

  @Test
  void onlyTheSubcommandThatIsNamedIsLookedAt() {
    Supplier<Callable<ExitCode>> other =
        () -> {
          throw new AssertionError("was looked at");
        };
    Callable<ExitCode> named = new TestCommand(() -> ExitCode.ROTATION);

    assertThat(Program.run(new TestParent(Map.of("other", other)))).isZero();
    assertThat(Program.run(new TestParent(Map.of("other", other, "named", () -> named)), "named"))
        .isEqualTo(11);
  }

  private static String[] words(String line) {
    return line.replace("FILE", "/nowhere/agent.conf").split(" ", -1);
  }
}
