package io.plasmabackup.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** What must be true of every refusal of bytes from outside, whatever they are. */
public final class Refusals {

  /** No quotation may make a message endless. */
  private static final int LONGEST = 10_000;

  private Refusals() {}

  /** It has one of these exit codes, and its message is fit to be shown. */
  public static void check(Failure failure, ExitCode... allowed) {
    assertThat(failure.exitCode()).isIn((Object[]) allowed);
    checkShown(failure.getMessage());
  }

  /** One line, not endless, and nothing in it that a terminal acts upon. */
  public static void checkShown(String message) {
    if (message.isBlank()
        || message.length() > LONGEST
        || message.codePoints().anyMatch(Refusals::isUnfit)) {
      throw new AssertionError("not fit to be shown: " + escaped(message));
    }
  }

  private static boolean isUnfit(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static String escaped(String message) {
    StringBuilder escaped = new StringBuilder();
    message
        .chars()
        .limit(LONGEST)
        .forEach(c -> escaped.append(c >= ' ' && c < 0x7f ? (char) c : "\\u%04x".formatted(c)));
    return escaped.toString();
  }
}
