package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Runs a command in this process, as {@code main} does, and keeps what it says. */
final class Commands {

  private Commands() {}

  /**
   * How a command ended.
   *
   * @param status its exit status
   * @param out what it wrote to stdout
   * @param err what it wrote to stderr
   */
  record Run(int status, String out, String err) {

    /** The lines on stderr that are no warnings. */
    List<String> errors() {
      return err.lines().filter(line -> !line.startsWith("plasma-agent: warning: ")).toList();
    }
  }

  /**
   * The agent as a process of its own, not started yet. It notices SIGINT even where the tests run
   * as a shell's background job, whose children ignore it (POSIX, "Asynchronous Lists").
   */
  static ProcessBuilder agent(Path configuration) {
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.addAll(java(PlasmaAgent.class));
    command.addAll(List.of("--config", configuration.toString()));
    return new ProcessBuilder(command);
  }

  /** The command line of plasma-restore as a process of its own. */
  static List<String> restore(String... arguments) {
    List<String> command = new ArrayList<>(java(PlasmaRestore.class));
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  private static List<String> java(Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return command;
  }

  static Run run(Callable<ExitCode> command, String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream capturedOut = new ByteArrayOutputStream();
    ByteArrayOutputStream capturedErr = new ByteArrayOutputStream();
    System.setOut(new PrintStream(capturedOut, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(capturedErr, true, StandardCharsets.UTF_8));
    try {
      int status = Program.run(command, arguments);
      return new Run(
          status,
          capturedOut.toString(StandardCharsets.UTF_8),
          capturedErr.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /**
   * What Plasma tells a hook.
   *
   * @param environment what {@code env} has written in it
   */
  static Map<String, String> hookFacts(Path environment) throws IOException {
    return Files.readAllLines(environment).stream()
        .filter(line -> line.startsWith("PLASMA_"))
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(words -> words[0], words -> words[1]));
  }
}
