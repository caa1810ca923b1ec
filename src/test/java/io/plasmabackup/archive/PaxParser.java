package io.plasmabackup.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads pax records as POSIX describes them: keys as Latin-1, values as they are, in order. */
final class PaxParser {

  private PaxParser() {}

  /**
   * @throws IllegalArgumentException if they are not well-formed to the last byte, or a key comes
   *     twice
   */
  static Map<String, byte[]> parse(byte[] records) {
    Map<String, byte[]> parsed = new LinkedHashMap<>();
    for (int at = 0; at < records.length; ) {
      int digits = at;
      while (records[digits] != ' ') {
        digits++;
      }
      String number = new String(records, at, digits - at, StandardCharsets.ISO_8859_1);
      int end = at + Integer.parseInt(number);
      if (number.startsWith("0") || records[end - 1] != '\n') {
        throw new IllegalArgumentException("record of length " + number + " at " + at);
      }
      int equals = digits;
      while (records[equals] != '=') {
        equals++;
      }
      String key =
          new String(records, digits + 1, equals - digits - 1, StandardCharsets.ISO_8859_1);
      if (parsed.put(key, Arrays.copyOfRange(records, equals + 1, end - 1)) != null) {
        throw new IllegalArgumentException(key + " twice");
      }
      at = end;
    }
    return parsed;
  }

  /** Of a member's or a gap's header that begins with a pax header; none if it has no such. */
  static Map<String, byte[]> ofHeader(byte[] bytes, int at) {
    if (bytes[at + 156] != 'x' && bytes[at + 156] != 'g') {
      return Map.of();
    }
    int length = Integer.parseInt(new String(bytes, at + 124, 11, StandardCharsets.US_ASCII), 8);
    return parse(Arrays.copyOfRange(bytes, at + 512, at + 512 + length));
  }
}
