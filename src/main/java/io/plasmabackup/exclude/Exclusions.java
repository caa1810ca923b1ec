package io.plasmabackup.exclude;

import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Optional;

/**
 * The patterns of a configuration, ready to be asked. They mean what they mean in a {@code
 * .gitignore} that stands in {@code /}, as <a href="https://git-scm.com/docs/gitignore">its
 * documentation</a> has it:
 *
 * <ul>
 *   <li>the last pattern that matches decides, and {@code !} before it takes back what earlier ones
 *       left out, though never below a directory that is left out itself;
 *   <li>a slash at the beginning or in the middle anchors at {@code /}, else the pattern is for the
 *       file name alone, at any depth; a slash at the end restricts it to directories;
 *   <li>{@code *}, {@code ?} and brackets don't match a slash; <code>**</code> as a whole component
 *       matches any number of directories, at the end all that is in one;
 *   <li>a backslash takes away a character's meaning; spaces at the end don't count without it.
 * </ul>
 *
 * <p>As in git, matching is by bytes and minds case: {@code ?} and brackets stand for one byte of a
 * name, so that {@code ?} is one letter of ASCII, two of them an umlaut in UTF-8, and any byte of a
 * name that is no text.
 *
 * <p>Where this differs from git:
 *
 * <ul>
 *   <li>What git passes over silently since it can never match is refused: see {@link #problem}.
 *   <li>In <code>foo**&#47;bar</code> the asterisks are like a single one, as git's documentation
 *       says; git itself, where everything before them is literal, also takes them for directories
 *       and lets {@code foobar} match.
 * </ul>
 *
 * <p>The matcher is our own, though JGit has one that is right about ordinary patterns. It makes
 * regular expressions of them, so that a single name can be made to cost minutes (255 times {@code
 * a} took 2 s against {@code *a*a*a*ab}, 94 s with one more {@code *a}). It also takes bytes above
 * 127 for letters of Latin-1, throws on {@code [:lower:]}, and brings 3.4 MB for one class. The
 * tests ask git itself.
 *
 * <p>Immutable, and safe for any number of threads.
 */
public final class Exclusions {

  /** Leaves nothing out. */
  public static final Exclusions NONE = new Exclusions(new Pattern[0]);

  private final Pattern[] lastFirst;

  private Exclusions(Pattern[] lastFirst) {
    this.lastFirst = lastFirst;
  }

  /**
   * Compiles patterns.
   *
   * @param patterns in the order in which they are written, each without NUL, without unpaired
   *     surrogates and without a {@link #problem}
   * @throws IllegalArgumentException if one has a problem
   */
  public static Exclusions of(List<String> patterns) {
    Pattern[] compiled = new Pattern[patterns.size()];
    for (int i = 0; i < compiled.length; i++) {
      String pattern = patterns.get(i);
      try {
        compiled[compiled.length - 1 - i] = Pattern.of(pattern);
      } catch (BadPattern bad) {
        throw new IllegalArgumentException('"' + pattern + '"' + bad.problem(), bad);
      }
    }
    return new Exclusions(compiled);
  }

  /**
   * Why {@code pattern} could never match anything, as the end of a message that begins with the
   * pattern in quotes; absent if it is a good one. Escapes that it advises are written as in JSON.
   */
  public static Optional<String> problem(String pattern) {
    try {
      Pattern.of(pattern);
      return Optional.empty();
    } catch (BadPattern bad) {
      return Optional.of(bad.problem());
    }
  }

  /** Whether nothing is ever left out, so that nobody need ask. */
  public boolean isEmpty() {
    return lastFirst.length == 0;
  }

  /**
   * The pattern that leaves out a path, as it is written. The path is looked at by itself: who
   * walks a tree asks for each directory before going into it, and doesn't go into what is left
   * out.
   *
   * @param name relative to {@code /}, without empty, {@code .} and {@code ..} components and
   *     without a slash at either end; empty for {@code /} itself, which no pattern matches
   * @param directory whether it is a directory; a link to one is none
   */
  public Optional<String> match(RawPath name, boolean directory) {
    if (isEmpty() || name.isEmpty()) {
      return Optional.empty();
    }
    byte[] path = name.toBytes();
    return match(path, path.length, directory);
  }

  /**
   * As {@link #match}, for a path whose parents nobody asked for: the pattern that leaves out the
   * outermost of them that is left out, else that for the path itself.
   */
  public Optional<String> matchWithParents(RawPath name, boolean directory) {
    if (isEmpty() || name.isEmpty()) {
      return Optional.empty();
    }
    byte[] path = name.toBytes();
    for (int end = 0; end < path.length; end++) {
      if (path[end] == '/') {
        Optional<String> parent = match(path, end, true);
        if (parent.isPresent()) {
          return parent;
        }
      }
    }
    return match(path, path.length, directory);
  }

  private Optional<String> match(byte[] path, int end, boolean directory) {
    int name = end;
    while (name > 0 && path[name - 1] != '/') {
      name--;
    }
    for (Pattern pattern : lastFirst) {
      if (pattern.matches(path, name, end, directory)) {
        return pattern.isNegated() ? Optional.empty() : Optional.of(pattern.text());
      }
    }
    return Optional.empty();
  }
}
