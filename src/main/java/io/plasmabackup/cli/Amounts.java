package io.plasmabackup.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers with a unit, as options have them. */
final class Amounts {

  private static final Pattern TIME = Pattern.compile("([0-9]{1,6})([hd])");
  private static final Pattern BYTES = Pattern.compile("([0-9]{1,15})([KMGT]?)");
  private static final String UNITS = "KMGT";
  private static final int UNIT_BITS = 10;

  private Amounts() {}

  /** {@code 36h} or {@code 7d}. */
  static final class Time implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String text) {
      Matcher time = TIME.matcher(text);
      if (!time.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is no number of hours or days, like 36h or 7d");
      }
      long number = Long.parseLong(time.group(1));
      return time.group(2).equals("d") ? Duration.ofDays(number) : Duration.ofHours(number);
    }
  }

  /** {@code 500G}: powers of 1024. */
  static final class Bytes implements ITypeConverter<Long> {

    @Override
    public Long convert(String text) {
      Matcher bytes = BYTES.matcher(text);
      if (bytes.matches()) {
        long number = Long.parseLong(bytes.group(1));
        String unit = bytes.group(2);
        int bits = unit.isEmpty() ? 0 : (UNITS.indexOf(unit) + 1) * UNIT_BITS;
        if (number <= Long.MAX_VALUE >> bits) {
          return number << bits;
        }
      }
      throw new TypeConversionException("'" + text + "' is no number of bytes, like 500G or 20M");
    }
  }
}
