package io.plasmabackup.cli;

import java.util.Locale;

/** Numbers of bytes for people. */
final class Sizes {

  private static final String UNITS = "KMGTPE";

  private Sizes() {}

  /** For example {@code 1 entry}, {@code 12,345 entries}. */
  static String entries(long count) {
    return count == 1 ? "1 entry" : String.format(Locale.ROOT, "%,d entries", count);
  }

  /** For example {@code 0 B}, {@code 1.5 KiB}, {@code 12.0 GiB}. */
  static String rounded(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double scaled = bytes;
    int unit = -1;
    while (scaled >= 1024 && unit < UNITS.length() - 1) {
      scaled /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %ciB", scaled, UNITS.charAt(unit));
  }

  /** For example {@code 1,536 bytes (1.5 KiB)}. */
  static String exact(long bytes) {
    String exact = String.format(Locale.ROOT, "%,d bytes", bytes);
    return bytes < 1024 ? exact : exact + " (" + rounded(bytes) + ")";
  }
}
