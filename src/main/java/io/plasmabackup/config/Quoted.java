package io.plasmabackup.config;

/** Untrusted text as it may stand in a one-line message. */
final class Quoted {

  private static final int LONGEST = 80;

  private Quoted() {}

  /** In double quotes, on one line, without anything a terminal acts upon, and not endless. */
  static String of(String text) {
    int end =
        text.codePointCount(0, text.length()) <= LONGEST
            ? text.length()
            : text.offsetByCodePoints(0, LONGEST);
    return '"' + printable(text.substring(0, end)) + (end < text.length() ? "…\"" : "\"");
  }

  /** In full and without quotes, but on one line and without anything a terminal acts upon. */
  static String printable(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if (isPrintable(c)) {
            printable.appendCodePoint(c);
          } else {
            for (char unit : Character.toChars(c)) {
              printable.append(String.format("\\u%04x", (int) unit));
            }
          }
        });
    return printable.toString();
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
