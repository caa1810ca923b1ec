package io.plasmabackup.tar;

import io.plasmabackup.linux.FileStatus.Timestamp;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers as headers have them. */
final class Numbers {

  private static final int NANOS = 1_000_000_000;
  private static final int LONGEST_DECIMAL = 40;
  private static final Pattern DECIMAL = Pattern.compile("-?\\d+(\\.\\d*)?");
  private static final Pattern INTEGER = Pattern.compile("\\d{1,19}");

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
    if (!INTEGER.matcher(text).matches()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException tooLarge) {
      return OptionalLong.empty();
    }
  }

  /**
   * A time in a pax record: seconds since 1970, with any number of decimals.
   *
   * @return null if it is none
   */
  static @Nullable Timestamp time(byte[] text) {
    String decimal = new String(text, StandardCharsets.US_ASCII);
    if (decimal.length() > LONGEST_DECIMAL || !DECIMAL.matcher(decimal).matches()) {
      return null;
    }
    BigDecimal time = new BigDecimal(decimal.endsWith(".") ? decimal + "0" : decimal);
    BigDecimal seconds = time.setScale(0, RoundingMode.FLOOR);
    if (seconds.toBigInteger().bitLength() >= Long.SIZE) {
      return null;
    }
    int nanos =
        time.subtract(seconds).movePointRight(9).setScale(0, RoundingMode.FLOOR).intValueExact();
    return new Timestamp(seconds.longValueExact(), nanos % NANOS);
  }
}
