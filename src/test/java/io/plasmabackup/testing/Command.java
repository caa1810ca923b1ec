package io.plasmabackup.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the system's own programs, which tests take as oracles and to prepare their ground. */
public final class Command {

  private Command() {}

  /**
   * Runs a program to its end, without a shell.
   *
   * @return what it wrote to stdout and stderr, without white space at the end
   * @throws AssertionError with its output if it fails
   */
  public static String run(String... command) {
    Result result = attempt(command);
    if (result.status != 0) {
      throw new AssertionError(
          "%s: exit status %d: %s"
              .formatted(String.join(" ", command), result.status, result.output));
    }
    return result.output;
  }

  /** As {@link #run}, but a failure is a result as well. */
  public static Result attempt(String... command) {
    try {
      Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readAllBytes();
      int status = process.waitFor();
      return new Result(status, new String(output, StandardCharsets.UTF_8).stripTrailing());
    } catch (IOException cannotStart) {
      throw new UncheckedIOException(cannotStart);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: " + String.join(" ", command), stopped);
    }
  }

  /** How a program ended, and what it wrote to stdout and stderr. */
  public record Result(int status, String output) {}
}
