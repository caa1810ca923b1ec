package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** What is asked on a terminal; or not, and then what would be proposed is the answer. */
final class Questions {

  private final Optional<BufferedReader> in;
  private final PrintStream out;

  private Questions(Optional<BufferedReader> in, PrintStream out) {
    this.in = in;
    this.out = out;
  }

  static Questions ask(BufferedReader in, PrintStream out) {
    return new Questions(Optional.of(in), out);
  }

  static Questions askNothing(PrintStream out) {
    return new Questions(Optional.empty(), out);
  }

  boolean areAsked() {
    return in.isPresent();
  }

  /**
   * Asks until the answer is a good one.
   *
   * @param proposal what an empty answer means; empty: there is none
   * @param problem of an answer, in a sentence; empty if it is good
   * @return the proposal where nothing is asked, good or not
   */
  String text(String question, String proposal, Function<String, Optional<String>> problem)
      throws Failure {
    if (in.isEmpty()) {
      return proposal;
    }
    while (true) {
      out.print(question + (proposal.isEmpty() ? ": " : " [" + Log.safe(proposal) + "]: "));
      out.flush();
      String typed = read(in.get());
      String answer = typed.isEmpty() ? proposal : typed;
      Optional<String> wrong =
          answer.isEmpty() ? Optional.of("an answer is needed") : problem.apply(answer);
      if (wrong.isEmpty()) {
        return answer;
      }
      out.println("  " + Log.safe(wrong.get()));
    }
  }

  /** Whether the answer is yes, spelt out; no where nothing is asked. */
  boolean yes(String question) throws Failure {
    if (in.isEmpty()) {
      return false;
    }
    out.print(question + " (yes/no) [no]: ");
    out.flush();
    return read(in.get()).toLowerCase(Locale.ROOT).equals("yes");
  }

  private static String read(BufferedReader in) throws Failure {
    try {
      String line = in.readLine();
      if (line == null) {
        throw new Failure(ExitCode.USAGE, "the input ended before all was asked; nothing was made");
      }
      return line.strip();
    } catch (IOException e) {
      throw new Failure(ExitCode.USAGE, "cannot read an answer: " + e.getMessage(), e);
    }
  }
}
