package io.plasmabackup.restore;

import io.plasmabackup.exclude.NamePattern;
import io.plasmabackup.linux.RawPath;
import java.util.Arrays;

/**
 * Tells from a line's bytes whether it may be worth parsing. It may let through what isn't wanted,
 * but never holds back what is, whoever wrote the index: a line that doesn't begin as those of this
 * program do, or whose name has an escape, is let through. May be used by several threads.
 */
@FunctionalInterface
interface LineFilter {

  /**
   * Whether a line is let through.
   *
   * @param text has it from {@code start} to before {@code end}, with the newline if it has one
   */
  boolean lets(byte[] text, int start, int end);

  /** Holds members back. */
  static LineFilter noMembers() {
    return (text, start, end) -> !IndexText.hasName(text, start, end);
  }

  /** Holds back members that aren't directly in a directory. */
  static LineFilter directlyIn(RawPath directory) {
    byte[] prefix = (directory.isEmpty() ? directory : directory.withSlash()).toBytes();
    return named((text, start, end) -> {
      int rest = start + prefix.length;
      return rest < end
          && Arrays.equals(text, start, rest, prefix, 0, prefix.length)
          && !IndexText.hasSlash(text, rest, end);
    });
  }

  /** Holds back members whose names don't match; and what else has no name is let through. */
  static LineFilter members(NamePattern pattern) {
    // What sort of member it is stands elsewhere, if it matters.
    return named((text, start, end) -> pattern.matches(text, start, end, true));
  }

  /**
   * Holds back members by their names alone.
   *
   * @param names is shown a name instead of a line
   */
  private static LineFilter named(LineFilter names) {
    return (text, start, end) -> {
      if (!IndexText.hasName(text, start, end)) {
        return true;
      }
      int name = start + IndexText.NAME_START;
      int quote = IndexText.nameEnd(text, name, end);
      return quote < 0 || names.lets(text, name, quote);
    };
  }
}
