package io.plasmabackup.tar;

import java.io.IOException;

/** What should be a tar is none, or a damaged one. The message says what is wrong, and where. */
public final class MalformedTarException extends IOException {

  private static final long serialVersionUID = 1;

  MalformedTarException(String problem) {
    super(problem);
  }

  /**
   * About a member.
   *
   * @param at where its header starts, in bytes
   */
  MalformedTarException(String problem, long at) {
    super(problem + " (the member at byte " + at + ")");
  }
}
