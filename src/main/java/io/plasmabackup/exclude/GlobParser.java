package io.plasmabackup.exclude;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/** A pattern's bytes → {@link Glob}, by the rules of git's wildmatch. */
final class GlobParser {

  /** Of ASCII, as git has them: form feed and vertical tab are no space there. */
  private static final Map<String, IntPredicate> CLASSES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("alnum", c -> isLetter(c) || isDigit(c)),
              Map.entry("alpha", GlobParser::isLetter),
              Map.entry("blank", c -> c == ' ' || c == '\t'),
              Map.entry("cntrl", c -> c < ' ' || c == 0x7f),
              Map.entry("digit", GlobParser::isDigit),
              Map.entry("graph", GlobParser::isGraph),
              Map.entry("lower", c -> between('a', c, 'z')),
              Map.entry("print", c -> c == ' ' || isGraph(c)),
              Map.entry("punct", c -> isGraph(c) && !isLetter(c) && !isDigit(c)),
              Map.entry("space", c -> c == ' ' || c == '\t' || c == '\n' || c == '\r'),
              Map.entry("upper", c -> between('A', c, 'Z')),
              Map.entry(
                  "xdigit", c -> isDigit(c) || between('a', c, 'f') || between('A', c, 'F'))));

  private final byte[] pattern;
  private final boolean ignoreCase;
  private final List<Integer> steps = new ArrayList<>();
  private final List<ByteSet> sets = new ArrayList<>();
  private int at;

  /** Where among the steps the current component begins. */
  private int component;

  private GlobParser(byte[] pattern, boolean ignoreCase) {
    this.pattern = pattern;
    this.ignoreCase = ignoreCase;
  }

  /**
   * @param pattern without the characters around the glob: neither {@code !} nor a slash at either
   *     end
   */
  static Glob parse(byte[] pattern) throws BadPattern {
    return parse(pattern, false);
  }

  /**
   * @param ignoreCase for paths of which {@link #lowerCase} was made: capital letters of ASCII mean
   *     small ones
   */
  static Glob parse(byte[] pattern, boolean ignoreCase) throws BadPattern {
    return new GlobParser(pattern, ignoreCase).glob();
  }

  /** Of a letter of ASCII the small one; any other byte as it is. */
  static int lowerCase(int b) {
    return between('A', b, 'Z') ? b + 'a' - 'A' : b;
  }

  private Glob glob() throws BadPattern {
    while (at < pattern.length) {
      switch (pattern[at]) {
        case '*' -> asterisks();
        case '?' -> {
          at++;
          addSet(ByteSet.ofNames());
        }
        case '[' -> brackets();
        default -> literal(next());
      }
    }
    endComponent();
    return new Glob(
        steps.stream().mapToInt(Integer::intValue).toArray(), sets.toArray(ByteSet[]::new));
  }

  private void literal(int b) throws BadPattern {
    if (b == '/') {
      endComponent();
    }
    steps.add(ignoreCase ? lowerCase(b) : b);
    if (b == '/') {
      component = steps.size();
    }
  }

  private void asterisks() {
    int begin = at;
    while (peek(0) == '*') {
      at++;
    }
    boolean alone = begin == 0 || pattern[begin - 1] == '/';
    if (at - begin < 2 || !alone) {
      steps.add(Glob.STAR);
    } else if (at == pattern.length) {
      steps.add(Glob.REST);
    } else if (peek(0) == '/') {
      at++;
      steps.add(Glob.DIRECTORIES);
      component = steps.size();
    } else if (peek(0) == '\\' && peek(1) == '/') {
      // To git these are directories as well, but at least one.
      steps.add(Glob.DIRECTORIES);
      steps.add(Glob.STAR);
    } else {
      steps.add(Glob.STAR);
    }
  }

  private void brackets() throws BadPattern {
    at++;
    boolean complement = peek(0) == '!' || peek(0) == '^';
    if (complement) {
      at++;
    }
    ByteSet set = new ByteSet();
    // A ] that comes first is itself, and so is a - without something on both sides.
    int before = -1;
    for (boolean first = true; first || peek(0) != ']'; first = false) {
      if (peek(0) == '-' && before >= 0 && peek(1) != ']') {
        at++;
        set.addRange(before, nextInBrackets());
        before = -1;
      } else if (peek(0) == '[' && peek(1) == ':' && namedClass(set)) {
        before = -1;
      } else {
        before = nextInBrackets();
        set.add(before);
      }
    }
    at++;
    if (ignoreCase) {
      set.addLowerCase();
    }
    ByteSet matched = set.inNames(complement);
    if (matched.isEmpty()) {
      throw new BadPattern(" has brackets that no character matches");
    }
    addSet(matched);
  }

  /** Adds the class that begins here, if one does. */
  private boolean namedClass(ByteSet set) throws BadPattern {
    int end = at + 2;
    while (end < pattern.length && pattern[end] != ']') {
      end++;
    }
    if (end == pattern.length) {
      throw unclosed();
    }
    if (end - 1 < at + 2 || pattern[end - 1] != ':') {
      return false;
    }
    String name = new String(pattern, at + 2, end - at - 3, StandardCharsets.UTF_8);
    IntPredicate members = CLASSES.get(name);
    if (members == null) {
      throw new BadPattern(
          " has an unknown class of characters; allowed between [: and :] are "
              + String.join(", ", CLASSES.keySet()));
    }
    for (int c = 0; c < 0x80; c++) {
      if (members.test(c)) {
        set.add(c);
      }
    }
    at = end + 1;
    return true;
  }

  private int nextInBrackets() throws BadPattern {
    if (peek(0) < 0 || (peek(0) == '\\' && peek(1) < 0)) {
      throw unclosed();
    }
    return next();
  }

  /** The byte that stands here, or that a backslash here escapes. */
  private int next() throws BadPattern {
    if (pattern[at] == '\\') {
      at++;
      if (at == pattern.length) {
        throw new BadPattern(
            " ends with a backslash that escapes nothing; for the character write \\\\\\\\");
      }
    }
    return pattern[at++] & 0xff;
  }

  /** The byte {@code ahead} of here; -1 behind the end. */
  private int peek(int ahead) {
    return at + ahead < pattern.length ? pattern[at + ahead] & 0xff : -1;
  }

  private void addSet(ByteSet set) {
    steps.add(Glob.FIRST_SET + sets.size());
    sets.add(set);
  }

  private void endComponent() throws BadPattern {
    List<Integer> ended = steps.subList(component, steps.size());
    if (ended.isEmpty()) {
      throw new BadPattern(" has two slashes side by side, which no path has; write one");
    }
    if (ended.size() <= 2 && ended.stream().allMatch(step -> step == '.')) {
      throw new BadPattern(" has a . or .. as a component, which no path has; write it without");
    }
  }

  private static BadPattern unclosed() {
    return new BadPattern(" has a [ without its ]; for the character write \\\\[");
  }

  private static boolean isLetter(int c) {
    return between('a', c, 'z') || between('A', c, 'Z');
  }

  private static boolean isDigit(int c) {
    return between('0', c, '9');
  }

  private static boolean between(int first, int c, int last) {
    return first <= c && c <= last;
  }

  private static boolean isGraph(int c) {
    return c > ' ' && c < 0x7f;
  }
}
