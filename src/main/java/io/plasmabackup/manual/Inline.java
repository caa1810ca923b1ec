package io.plasmabackup.manual;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text within a line of a page.
 *
 * @param roff what {@link Roff} may write; spaces are where it may be broken
 */
record Inline(String roff) {

  /** Code, bold, a link; and characters that a backslash takes the meaning of. */
  private static final Pattern SPAN =
      Pattern.compile(
          "`(?<code>[^`]+)`|\\*\\*(?<bold>.+?)\\*\\*|\\[(?<text>[^\\]]+)\\]\\((?<target>[^)]+)\\)"
              + "|\\\\(?<escaped>[\\\\`*|_\\[\\]<>])");

  private static final Pattern PLACE = Pattern.compile("below|above");

  static Inline plain(String text) {
    return new Inline(Roff.escaped(text));
  }

  static Inline bold(String text) {
    return new Inline("\\fB\\%" + Roff.escaped(text) + "\\fR");
  }

  static Inline italic(String text) {
    return new Inline("\\fI" + Roff.escaped(text) + "\\fR");
  }

  /** What the README and the texts in {@code docs/manual} are written in. */
  static Inline markdown(String text) {
    StringBuilder roff = new StringBuilder();
    Matcher span = SPAN.matcher(text);
    int end = 0;
    while (span.find()) {
      roff.append(Roff.escaped(text.substring(end, span.start())));
      if (span.group("code") != null) {
        roff.append(bold(span.group("code")).roff);
      } else if (span.group("bold") != null) {
        roff.append("\\fB").append(markdown(span.group("bold")).roff).append("\\fR");
      } else if (span.group("text") != null) {
        roff.append(link(span.group("text"), span.group("target")));
      } else {
        roff.append(Roff.escaped(span.group("escaped")));
      }
      end = span.end();
    }
    return new Inline(roff.append(Roff.escaped(text.substring(end))).toString());
  }

  Inline then(Inline next) {
    return new Inline(roff + next.roff);
  }

  /** On paper nothing can be followed: an address is told, and so is a place in the README. */
  private static String link(String text, String target) {
    if (!target.startsWith("#")) {
      return markdown(text).roff + Roff.escaped(" (" + target + ")");
    }
    return PLACE.matcher(text).matches()
        ? Roff.escaped("in the README: " + target.substring(1).replace('-', ' '))
        : markdown(text).roff;
  }
}
