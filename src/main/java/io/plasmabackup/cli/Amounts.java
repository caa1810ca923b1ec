package io.plasmabackup.cli;

import io.plasmabackup.DurationForm;
import io.plasmabackup.SizeForm;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers with a unit, as options have them. */
final class Amounts {

  private static final DurationForm TIME =
      new DurationForm("hd", "14d", Duration.ZERO, DurationForm.LONGEST);
  private static final SizeForm BYTES = new SizeForm("KMGT", true, "500G", 0, Long.MAX_VALUE);

  private Amounts() {}

  private static TypeConversionException refusal(String text, String expected) {
    return new TypeConversionException("'" + text + "' is not " + expected);
  }

  /** {@code 36h} or {@code 7d}. */
  static final class Time implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String text) {
      return TIME.parse(text).orElseThrow(() -> refusal(text, TIME.expected()));
    }
  }

  /** {@code 500G}: powers of 1024. */
  static final class Bytes implements ITypeConverter<Long> {

    @Override
    public Long convert(String text) {
      return BYTES.parse(text).orElseThrow(() -> refusal(text, BYTES.expected()));
    }
  }
}
