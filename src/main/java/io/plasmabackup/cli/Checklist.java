package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.cli.Finding.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What {@code plasma-agent check} has found so far. */
final class Checklist {

  private final Consumer<Finding> shown;
  private final List<Finding> findings = new ArrayList<>();
  private Optional<String> target = Optional.empty();

  /**
   * An empty list.
   *
   * @param shown gets each finding as soon as it is there
   */
  Checklist(Consumer<Finding> shown) {
    this.shown = shown;
  }

  /** Something that is looked at, which fails with what a run would fail with. */
  interface Look<T extends @Nullable Object> {
    T at() throws Failure;
  }

  /** What is found from now on is about this target. */
  void about(Optional<String> name) {
    target = name;
  }

  void ok(String check, String text) {
    add(Verdict.OK, check, text, Optional.empty());
  }

  void note(String check, String text) {
    add(Verdict.NOTE, check, text, Optional.empty());
  }

  void warn(String check, String text) {
    add(Verdict.WARNING, check, text, Optional.empty());
  }

  void skip(String check, String why) {
    add(Verdict.SKIPPED, check, why, Optional.empty());
  }

  void fail(String check, ExitCode exitCode, String text) {
    add(Verdict.FAILED, check, text, Optional.of(exitCode));
  }

  void fail(String check, Failure failure) {
    fail(check, failure.exitCode(), String.valueOf(failure.getMessage()));
  }

  /** Looks; empty if that failed, which is then in the list. */
  <T> Optional<T> attempt(String check, Look<T> look) {
    try {
      return Optional.of(look.at());
    } catch (Failure failure) {
      fail(check, failure);
      return Optional.empty();
    }
  }

  private void add(Verdict verdict, String check, String text, Optional<ExitCode> exitCode) {
    Finding finding = new Finding(verdict, target, check, text, exitCode);
    findings.add(finding);
    shown.accept(finding);
  }

  List<Finding> findings() {
    return List.copyOf(findings);
  }

  long count(Verdict verdict) {
    return findings.stream().filter(finding -> finding.verdict() == verdict).count();
  }

  /**
   * How the command ends: as a run would because of what failed first.
   *
   * @param strict whether warnings count
   */
  ExitCode exitCode(boolean strict) {
    ExitCode otherwise = strict && count(Verdict.WARNING) > 0 ? ExitCode.WARNINGS : ExitCode.OK;
    return findings.stream()
        .flatMap(finding -> finding.exitCode().stream())
        .findFirst()
        .orElse(otherwise);
  }
}
