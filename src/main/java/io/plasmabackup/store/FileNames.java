package io.plasmabackup.store;

import java.util.Optional;

/** The rules for names inside a store's folder, and how names from outside are shown to people. */
public final class FileNames {

  private static final String PART_PREFIX = ".";
  private static final String PART_SUFFIX = ".part";
  private static final int SHOWN_AT_MOST = 500;

  private FileNames() {}

  /** Whether {@code name} can only mean something directly inside a folder. */
  public static boolean isPlain(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !name.equals("..")
        && name.indexOf('/') < 0
        && name.indexOf('\0') < 0;
  }

  /**
   * Gives {@code name} back.
   *
   * @throws IllegalArgumentException unless it {@linkplain #isPlain is plain}
   */
  public static String requirePlain(String name) {
    if (!isPlain(name)) {
      throw new IllegalArgumentException("not a plain file name: " + shown(name));
    }
    return name;
  }

  /** What {@code name} is called until it is complete: {@code .<name>.part}. */
  public static String part(String name) {
    return PART_PREFIX + requirePlain(name) + PART_SUFFIX;
  }

  /** The name that a file called {@code name} will have once it is complete; empty if it is. */
  public static Optional<String> ofPart(String name) {
    return name.length() > PART_PREFIX.length() + PART_SUFFIX.length()
            && name.startsWith(PART_PREFIX)
            && name.endsWith(PART_SUFFIX)
        ? Optional.of(name.substring(PART_PREFIX.length(), name.length() - PART_SUFFIX.length()))
        : Optional.empty();
  }

  /**
   * {@code text} from outside on one line, without control characters and of bounded length, so
   * that a message that quotes it stays one honest line.
   */
  public static String shown(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .limit(SHOWN_AT_MOST)
        .forEach(c -> {
          int type = Character.getType(c);
          if (type == Character.CONTROL
              || type == Character.FORMAT
              || type == Character.LINE_SEPARATOR
              || type == Character.PARAGRAPH_SEPARATOR
              || type == Character.SURROGATE) {
            shown.append(String.format("\\u%04x", c));
          } else {
            shown.appendCodePoint(c);
          }
        });
    return text.codePointCount(0, text.length()) > SHOWN_AT_MOST ? shown + "…" : shown.toString();
  }
}
