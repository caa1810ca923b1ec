package io.plasmabackup.restore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An index's text as bytes. Looks at eight of them at once where there are many: a million members
 * take 300 MB.
 */
final class IndexText {

  private static final byte[] NAME = "{\"name\":\"".getBytes(StandardCharsets.US_ASCII);

  /** Where in a line with a name the name starts. */
  static final int NAME_START = NAME.length;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGHS = 0x8080_8080_8080_8080L;
  private static final long NEWLINES = '\n' * ONES;

  private IndexText() {}

  /**
   * Behind the next newline; the text's end where there is none.
   *
   * @param start before {@code end}
   */
  static int lineEnd(byte[] text, int start, int end) {
    int at = start;
    while (at <= end - Long.BYTES) {
      // A byte that is zero, and maybe some behind it, get their highest bits.
      long differing = (long) WORD.get(text, at) ^ NEWLINES;
      long found = (differing - ONES) & ~differing & HIGHS;
      if (found != 0) {
        return at + Long.numberOfTrailingZeros(found) / Byte.SIZE + 1;
      }
      at += Long.BYTES;
    }
    while (at < end && text[at] != '\n') {
      at++;
    }
    return Math.min(at + 1, end);
  }

  /** Whether a line begins with a name as text, as this program writes it. */
  static boolean hasName(byte[] text, int start, int end) {
    return end - start > NAME_START
        && Arrays.equals(text, start, start + NAME_START, NAME, 0, NAME_START);
  }

  /** The quote behind a name; −1 if an escape comes first, or there is none. */
  static int nameEnd(byte[] text, int start, int end) {
    for (int at = start; at < end; at++) {
      byte b = text[at];
      if (b == '"') {
        return at;
      } else if (b == '\\') {
        return -1;
      }
    }
    return -1;
  }

  static boolean hasSlash(byte[] text, int start, int end) {
    for (int at = start; at < end; at++) {
      if (text[at] == '/') {
        return true;
      }
    }
    return false;
  }
}
