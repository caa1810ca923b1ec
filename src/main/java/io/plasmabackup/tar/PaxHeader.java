package io.plasmabackup.tar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The records of a pax extended header: each its length, a keyword and a value of any bytes. */
final class PaxHeader {

  /** More digits than a record's length can have. */
  private static final int MOST_DIGITS = 10;

  private PaxHeader() {}

  /** Gets each record, in their order: keywords may come again. */
  @FunctionalInterface
  interface Records {
    void record(String keyword, byte[] value);
  }

  /**
   * Reads the records of a header.
   *
   * @return false if it has something else
   */
  static boolean parse(byte[] header, Records records) {
    int at = 0;
    while (at < header.length) {
      // A header is padded to whole blocks by nothing but zeros, outside of its size; some pad
      // within.
      if (header[at] == 0) {
        return isZero(header, at);
      }
      int digits = at;
      long length = 0;
      while (digits < header.length
          && digits - at < MOST_DIGITS
          && Numbers.isDigit(header[digits])) {
        length = length * 10 + header[digits] - '0';
        digits++;
      }
      if (digits == at
          || digits == header.length
          || header[digits] != ' '
          || length > header.length - at
          || length < digits - at + 4L) {
        return false;
      }
      int end = at + (int) length;
      int equals = digits + 1;
      while (equals < end && header[equals] != '=') {
        equals++;
      }
      if (equals >= end - 1 || equals == digits + 1 || header[end - 1] != '\n') {
        return false;
      }
      byte[] value = Arrays.copyOfRange(header, equals + 1, end - 1);
      // Keywords are UTF-8; one that isn't must stay what it is.
      records.record(
          new String(header, digits + 1, equals - digits - 1, StandardCharsets.ISO_8859_1), value);
      at = end;
    }
    return true;
  }

  private static boolean isZero(byte[] bytes, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
