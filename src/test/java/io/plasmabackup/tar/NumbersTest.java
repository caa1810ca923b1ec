package io.plasmabackup.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.FileStatus.Timestamp;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "1795801910.328660404, 1795801910, 328660404",
    "1795801910.3, 1795801910, 300000000",
    "1., 1, 0",
    "1.9999999999, 1, 999999999",
    "-1, -1, 0",
    "-1.25, -2, 750000000",
    "-0.0000000001, -1, 999999999",
    "-0.9999999999, -1, 0",
    "9223372036854775799, 9223372036854775799, 0",
    "9223372036854775807.5, 9223372036854775807, 500000000",
    "-9223372036854775808, -9223372036854775808, 0",
    "-9223372036854775807.25, -9223372036854775808, 750000000",
  })
  void timesAreRoundedDown(String text, long seconds, int nanos) {
    assertThat(Numbers.time(text.getBytes(US_ASCII))).isEqualTo(new Timestamp(seconds, nanos));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        ".",
        ".5",
        "-.5",
        "+1",
        "1e3",
        " 1",
        "1 ",
        "1,5",
        "1.5.",
        "--1",
        "1.-5",
        "١",
        "9223372036854775808",
        "-9223372036854775809",
        "-9223372036854775808.5",
        "99999999999999999999",
        "1.00000000000000000000000000000000000000000"
      })
  void whatIsNoTimeIsNone(String text) {
    assertThat(Numbers.time(text.getBytes(UTF_8))).isNull();
  }

  @Test
  void timesAreThoseOfDecimalArithmetic() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      String text =
          new BigDecimal(random.nextLong() >> random.nextInt(64))
              .movePointLeft(random.nextInt(13))
              .toPlainString();
      BigDecimal time = new BigDecimal(text).setScale(9, RoundingMode.FLOOR);
      BigDecimal seconds = time.setScale(0, RoundingMode.FLOOR);
      Timestamp expected =
          new Timestamp(
              seconds.longValueExact(), time.subtract(seconds).movePointRight(9).intValueExact());
      if (seconds.abs().compareTo(new BigDecimal("9223372036854775799")) < 0) {
        assertThat(Numbers.time(text.getBytes(US_ASCII))).as(text).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0012, 12", "9223372036854775807, 9223372036854775807"})
  void countsAreDecimal(String text, long count) {
    assertThat(Numbers.decimal(text)).hasValue(count);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-1",
        "+1",
        "1 ",
        "9223372036854775808",
        "9999999999999999999",
        "00000000000000000001",
        "1a"
      })
  void whatIsNoCountIsNone(String text) {
    assertThat(Numbers.decimal(text)).isEmpty();
  }
}
