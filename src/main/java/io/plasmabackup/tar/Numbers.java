package io.plasmabackup.tar;

import io.plasmabackup.linux.FileStatus.Timestamp;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Numbers as headers have them. */
final class Numbers {

  private static final int NANOS = 1_000_000_000;
  private static final int LONGEST_DECIMAL = 40;

  /** Digits of the largest long. */
  private static final int LONGEST_INTEGER = 19;

  private Numbers() {}

  /**
   * A field of a header: octal digits, after spaces, ended by a space or NUL, or at the field's
   * end; or, with its first bit set, a number of base 256 in two's complement, as GNU tar writes
   * what is too large or negative.
   *
   * @return empty if it is neither, or doesn't fit into 64 bits; 0 for a field of nothing
   */
  static OptionalLong field(byte[] header, int offset, int length) {
    return (header[offset] & 0x80) == 0
        ? octal(header, offset, length)
        : binary(header, offset, length);
  }

  private static OptionalLong octal(byte[] header, int offset, int length) {
    int at = offset;
    int end = offset + length;
    while (at < end && header[at] == ' ') {
      at++;
    }
    long value = 0;
    for (; at < end && header[at] != ' ' && header[at] != 0; at++) {
      int digit = header[at] - '0';
      if (digit < 0 || digit > 7 || value >>> (Long.SIZE - 4) != 0) {
        return OptionalLong.empty();
      }
      value = (value << 3) | digit;
    }
    return OptionalLong.of(value);
  }

  private static OptionalLong binary(byte[] header, int offset, int length) {
    // The first bit says that it is binary, the second is the sign.
    boolean negative = (header[offset] & 0x40) != 0;
    long value = negative ? -1 : 0;
    for (int i = 0; i < length; i++) {
      int octet =
          i == 0 ? (header[offset] & 0x3f) | (negative ? 0xc0 : 0) : header[offset + i] & 0xff;
      long shifted = (value << Byte.SIZE) | octet;
      if (shifted >> Byte.SIZE != value) {
        return OptionalLong.empty();
      }
      value = shifted;
    }
    return OptionalLong.of(value);
  }

  /** A count or position in a pax record. */
  static OptionalLong decimal(String text) {
    if (text.isEmpty() || text.length() > LONGEST_INTEGER) {
      return OptionalLong.empty();
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return OptionalLong.empty();
      }
      // Of nineteen digits not all fit.
      value = value * 10 + digit;
    }
    return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /**
   * A time in a pax record: seconds since 1970, with any number of decimals; rounded down to
   * nanoseconds.
   *
   * @return null if it is none
   */
  static @Nullable Timestamp time(byte[] text) {
    boolean negative = text.length > 0 && text[0] == '-';
    int start = negative ? 1 : 0;
    int at = start;
    // As a negative number, which reaches one further.
    long minus = 0;
    for (; at < text.length && isDigit(text[at]); at++) {
      int digit = text[at] - '0';
      if (minus < (Long.MIN_VALUE + digit) / 10) {
        return null;
      }
      minus = minus * 10 - digit;
    }
    if (at == start || text.length > LONGEST_DECIMAL) {
      return null;
    }
    long nanos = 0;
    boolean more = false;
    if (at < text.length) {
      if (text[at++] != '.') {
        return null;
      }
      for (long unit = NANOS / 10; at < text.length; at++, unit /= 10) {
        if (!isDigit(text[at])) {
          return null;
        }
        nanos += (text[at] - '0') * unit;
        more |= unit == 0 && text[at] != '0';
      }
    }
    if (!negative) {
      return minus == Long.MIN_VALUE ? null : new Timestamp(-minus, (int) nanos);
    }
    long below = nanos + (more ? 1 : 0);
    if (below == 0) {
      return new Timestamp(minus, 0);
    }
    return minus == Long.MIN_VALUE ? null : new Timestamp(minus - 1, (int) (NANOS - below));
  }

  static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}
