package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import java.util.Optional;

/**
 * What one check of {@code plasma-agent check} has found.
 *
 * @param target of which of several; empty if it is about this machine, or the only one
 * @param check what was looked at, in two words
 * @param text what there is, or what is wrong and what to do
 * @param exitCode how a run would end because of it; empty unless it failed
 */
record Finding(
    Verdict verdict,
    Optional<String> target,
    String check,
    String text,
    Optional<ExitCode> exitCode) {

  /** How it is. */
  enum Verdict {
    /** As it should be. */
    OK("ok"),
    /** Good to know; nothing has to be done. */
    NOTE("note"),
    /** A backup can be made, and yet something should be done. */
    WARNING("warning"),
    /** A backup would fail. */
    FAILED("FAILED"),
    /** Could not be looked at, because something else has failed. */
    SKIPPED("skipped");

    private final String text;

    Verdict(String text) {
      this.text = text;
    }

    /** As a line begins with it. */
    String text() {
      return text;
    }
  }
}
