package io.plasmabackup.exclude;

import io.plasmabackup.linux.RawPath;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * What somebody looks for: one pattern with the wildcards of {@link Exclusions}, and without what a
 * list of patterns needs besides: {@code !}, {@code #} and spaces at the end are themselves. As
 * there, a slash at the beginning or in the middle anchors at {@code /}, one at the end restricts
 * to directories, and wildcards stand for bytes. Immutable, and safe for any number of threads.
 */
public final class NamePattern {

  /** Matches every name. */
  public static final NamePattern ALL = new NamePattern(Optional.empty(), false, false, false);

  /** Empty: any name matches. */
  private final Optional<Glob> glob;

  private final boolean wholePath;
  private final boolean onlyDirectories;
  private final boolean ignoreCase;

  private NamePattern(
      Optional<Glob> glob, boolean wholePath, boolean onlyDirectories, boolean ignoreCase) {
    this.glob = glob;
    this.wholePath = wholePath;
    this.onlyDirectories = onlyDirectories;
    this.ignoreCase = ignoreCase;
  }

  /**
   * Compiles a pattern.
   *
   * @param text without NUL, without unpaired surrogates and without a {@link #problem}
   * @param ignoreCase whether letters match their other case, too: those of Unicode in names that
   *     are UTF-8, else those of ASCII; in brackets those of ASCII only
   * @throws IllegalArgumentException if it has a problem
   */
  public static NamePattern of(String text, boolean ignoreCase) {
    try {
      return parse(text, ignoreCase);
    } catch (BadPattern bad) {
      throw new IllegalArgumentException('"' + text + '"' + bad.problem(), bad);
    }
  }

  /**
   * Why {@code text} could never match anything, as the end of a message that begins with it in
   * quotes; empty if it is a good one.
   */
  public static Optional<String> problem(String text) {
    try {
      parse(text, false);
      return Optional.empty();
    } catch (BadPattern bad) {
      return Optional.of(bad.problem());
    }
  }

  private static NamePattern parse(String text, boolean ignoreCase) throws BadPattern {
    byte[] bytes = (ignoreCase ? folded(text, false) : text).getBytes(StandardCharsets.UTF_8);
    int end = bytes.length;
    boolean onlyDirectories = end > 0 && bytes[end - 1] == '/';
    if (onlyDirectories) {
      end--;
    }
    boolean wholePath = false;
    for (int i = 0; i < end; i++) {
      wholePath |= bytes[i] == '/';
    }
    int begin = end > 0 && bytes[0] == '/' ? 1 : 0;
    if (begin >= end) {
      throw new BadPattern(" names nothing; expected a pattern such as *.conf or /etc/*.conf");
    }
    byte[] wildcards = Arrays.copyOfRange(bytes, begin, end);
    return new NamePattern(
        Optional.of(GlobParser.parse(wildcards, ignoreCase)),
        wholePath,
        onlyDirectories,
        ignoreCase);
  }

  /** Whether a path matches: as {@link #matches(byte[], int, int, boolean)}. */
  public boolean matches(RawPath name, boolean directory) {
    byte[] path = name.toBytes();
    return matches(path, 0, path.length, directory);
  }

  /**
   * Whether a path matches.
   *
   * @param bytes has, from {@code begin} to before {@code end}, a path relative to {@code /},
   *     without a slash at either end; empty for {@code /} itself, which only {@link #ALL} matches
   * @param directory whether it is one; a link to one is none
   */
  public boolean matches(byte[] bytes, int begin, int end, boolean directory) {
    if (glob.isEmpty()) {
      return true;
    }
    if (begin == end || (onlyDirectories && !directory)) {
      return false;
    }
    if (ignoreCase) {
      byte[] path = folded(bytes, begin, end);
      return glob.get().matches(path, from(path, 0, path.length), path.length);
    }
    return glob.get().matches(bytes, from(bytes, begin, end), end);
  }

  private int from(byte[] path, int begin, int end) {
    if (wholePath) {
      return begin;
    }
    int name = end;
    while (name > begin && path[name - 1] != '/') {
      name--;
    }
    return name;
  }

  private static byte[] folded(byte[] bytes, int begin, int end) {
    byte[] path = Arrays.copyOfRange(bytes, begin, end);
    boolean ascii = true;
    for (int i = 0; i < path.length; i++) {
      ascii &= path[i] >= 0;
      path[i] = (byte) GlobParser.lowerCase(path[i]);
    }
    if (ascii) {
      return path;
    }
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(path));
      return folded(text.toString(), true).getBytes(StandardCharsets.UTF_8);
    } catch (CharacterCodingException noText) {
      return path;
    }
  }

  /** Character by character, so that a part of a text is folded as in the whole. */
  private static String folded(String text, boolean ascii) {
    return text.codePoints()
        .map(c -> ascii || c > 0x7f ? Character.toLowerCase(Character.toUpperCase(c)) : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
