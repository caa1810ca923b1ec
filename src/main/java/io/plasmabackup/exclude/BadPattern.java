package io.plasmabackup.exclude;

import java.io.Serial;

/** A pattern that could never match anything: git passes over it, we refuse it. */
final class BadPattern extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private final String problem;

  /**
   * @param problem what follows the quoted pattern in a message, with what to do
   */
  BadPattern(String problem) {
    super(problem);
    this.problem = problem;
  }

  String problem() {
    return problem;
  }
}
