package io.plasmabackup.linux;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file name or path as the kernel has it: bytes of any value but NUL, which need not be text.
 * Immutable. Ordered by unsigned bytes, so that the order depends on no locale.
 */
public final class RawPath implements Comparable<RawPath> {

  /** No bytes at all: the directory that something is relative to. */
  public static final RawPath EMPTY = new RawPath(new byte[0]);

  private final byte[] bytes;

  private RawPath(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The UTF-8 bytes of {@code path}. */
  public static RawPath of(String path) {
    return copyOf(path.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A copy of {@code bytes}.
   *
   * @throws IllegalArgumentException if there is a NUL among them: the kernel would cut the name
   *     there
   */
  public static RawPath copyOf(byte[] bytes) {
    for (byte b : bytes) {
      if (b == 0) {
        throw new IllegalArgumentException("NUL in a file name");
      }
    }
    return new RawPath(bytes.clone());
  }

  /** Bytes that are known to hold no NUL and that nobody else keeps. */
  static RawPath wrap(byte[] bytes) {
    return new RawPath(bytes);
  }

  public int length() {
    return bytes.length;
  }

  public boolean isEmpty() {
    return bytes.length == 0;
  }

  /** A copy of the bytes. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** Copies the bytes to {@code target} from {@code offset} on. */
  public void copyTo(byte[] target, int offset) {
    System.arraycopy(bytes, 0, target, offset, bytes.length);
  }

  /** Copies as many of the bytes as {@code length} allows. */
  public void copyTo(byte[] target, int offset, int length) {
    System.arraycopy(bytes, 0, target, offset, Math.min(bytes.length, length));
  }

  /** Whether all bytes are ASCII. */
  public boolean isAscii() {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  byte[] shared() {
    return bytes;
  }

  /**
   * {@code this/name}; just {@code name} where this is empty, and no second slash after a {@code
   * /}.
   */
  public RawPath resolve(RawPath name) {
    if (isEmpty()) {
      return name;
    }
    if (name.isEmpty()) {
      return this;
    }
    int slash = bytes[bytes.length - 1] == '/' ? 0 : 1;
    byte[] joined = Arrays.copyOf(bytes, bytes.length + slash + name.bytes.length);
    if (slash == 1) {
      joined[bytes.length] = '/';
    }
    name.copyTo(joined, bytes.length + slash);
    return new RawPath(joined);
  }

  /** {@code resolve(RawPath.of(name))}. */
  public RawPath resolve(String name) {
    return resolve(of(name));
  }

  /** This with a slash at its end. */
  public RawPath withSlash() {
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    longer[bytes.length] = '/';
    return new RawPath(longer);
  }

  /** All before the last slash: {@code /} for {@code /a}, empty for {@code a}. */
  public RawPath parent() {
    int slash = lastSlash();
    if (slash < 0) {
      return EMPTY;
    }
    return slash == 0 ? new RawPath(new byte[] {'/'}) : new RawPath(Arrays.copyOf(bytes, slash));
  }

  /** All after the last slash; empty for {@code /}. */
  public RawPath fileName() {
    return new RawPath(Arrays.copyOfRange(bytes, lastSlash() + 1, bytes.length));
  }

  private int lastSlash() {
    int i = bytes.length - 1;
    while (i >= 0 && bytes[i] != '/') {
      i--;
    }
    return i;
  }

  /** Whether this is {@code ancestor} or lies below it, both being absolute or both relative. */
  public boolean startsWith(RawPath ancestor) {
    int n = ancestor.bytes.length;
    if (n == 0) {
      return true;
    }
    if (n > bytes.length || !Arrays.equals(bytes, 0, n, ancestor.bytes, 0, n)) {
      return false;
    }
    return n == bytes.length || ancestor.bytes[n - 1] == '/' || bytes[n] == '/';
  }

  /**
   * What is left of this below {@code ancestor}, without a leading slash; empty where they are
   * equal.
   */
  public RawPath relativeTo(RawPath ancestor) {
    if (!startsWith(ancestor)) {
      throw new IllegalArgumentException(this + " is not below " + ancestor);
    }
    int from = ancestor.bytes.length;
    while (from < bytes.length && bytes[from] == '/') {
      from++;
    }
    return new RawPath(Arrays.copyOfRange(bytes, from, bytes.length));
  }

  /** Whether the bytes are well-formed UTF-8. */
  public boolean isUtf8() {
    return isAscii() || decode() != null;
  }

  private @Nullable CharBuffer decode() {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException notText) {
      return null;
    }
  }

  @Override
  public int compareTo(RawPath other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawPath path && Arrays.equals(bytes, path.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /**
   * For people: text as it is, a backslash doubled, and the bytes of whatever is no text or would
   * not be seen as {@code \ooo}, so that a hostile name can neither move a terminal's cursor nor
   * pretend to be another one. Different names are never shown alike.
   */
  @Override
  public String toString() {
    CharBuffer text = decode();
    StringBuilder shown = new StringBuilder();
    if (text == null) {
      for (byte b : bytes) {
        if (b >= 0x20 && b < 0x7f) {
          appendVisible(shown, b);
        } else {
          appendOctal(shown, b);
        }
      }
    } else {
      text.codePoints()
          .forEach(c -> {
            if (isInvisible(c)) {
              for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                appendOctal(shown, b);
              }
            } else {
              appendVisible(shown, c);
            }
          });
    }
    return shown.toString();
  }

  /** Control characters proper, line and paragraph separators, marks that reorder text. */
  private static boolean isInvisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static void appendVisible(StringBuilder shown, int c) {
    shown.append(c == '\\' ? "\\\\" : Character.toString(c));
  }

  private static void appendOctal(StringBuilder shown, byte b) {
    shown.append('\\');
    for (int shift = 6; shift >= 0; shift -= 3) {
      shown.append((char) ('0' + ((b & 0xff) >> shift & 7)));
    }
  }
}
