package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
  void helpHasEveryExitCode() {
    assertThat(Program.run(new PlasmaRotate(), "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("Exit status:")
        .containsPattern("(?m)^ +130 +stopped by a signal");
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

  @Test
  void restoreWithoutAWordSaysThatItNeedsOne() {
    assertThat(Program.run(new PlasmaRestore())).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("plasma-restore: says what to do by a word, such as list")
        .hasLineCount(1);
  }
}
