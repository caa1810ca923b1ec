package io.plasmabackup.exclude;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One line of a {@code .gitignore}: a glob, and what the characters around it say. */
final class Pattern {

  private final String text;
  private final boolean negated;
  private final boolean onlyDirectories;
  private final boolean wholePath;
  private final Glob glob;

  private Pattern(
      String text, boolean negated, boolean onlyDirectories, boolean wholePath, Glob glob) {
    this.text = text;
    this.negated = negated;
    this.onlyDirectories = onlyDirectories;
    this.wholePath = wholePath;
    this.glob = glob;
  }

  static Pattern of(String text) throws BadPattern {
    if (text.startsWith("#")) {
      throw new BadPattern(
          " is a comment in a .gitignore; for a name that begins with # write \\\\#");
    }
    if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
      throw new BadPattern(" has a line break; each pattern is a string of its own");
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int end = withoutTrailingSpaces(bytes);
    int begin = 0;
    boolean negated = begin < end && bytes[begin] == '!';
    if (negated) {
      begin++;
    }
    boolean onlyDirectories = begin < end && bytes[end - 1] == '/';
    if (onlyDirectories) {
      end--;
    }
    // Looked for before anything is parsed: a slash in brackets or after a backslash counts, too.
    boolean wholePath = false;
    for (int i = begin; i < end; i++) {
      wholePath |= bytes[i] == '/';
    }
    if (begin < end && bytes[begin] == '/') {
      begin++;
    }
    if (begin == end) {
      throw new BadPattern(" names nothing; expected a pattern such as *.o or /var/cache/");
    }
    Glob glob = GlobParser.parse(Arrays.copyOfRange(bytes, begin, end));
    return new Pattern(text, negated, onlyDirectories, wholePath, glob);
  }

  /** The end of what counts: spaces behind it are not escaped. */
  private static int withoutTrailingSpaces(byte[] bytes) {
    int end = 0;
    boolean escaped = false;
    for (int i = 0; i < bytes.length; i++) {
      if (escaped || bytes[i] != ' ') {
        end = i + 1;
      }
      escaped = !escaped && bytes[i] == '\\';
    }
    return end;
  }

  /** As it is written. */
  String text() {
    return text;
  }

  /** Whether what it matches stays. */
  boolean isNegated() {
    return negated;
  }

  /**
   * Whether the first {@code end} bytes of {@code path} are one that this is about.
   *
   * @param name where the path's last component begins
   */
  boolean matches(byte[] path, int name, int end, boolean directory) {
    return (directory || !onlyDirectories) && glob.matches(path, wholePath ? 0 : name, end);
  }
}
