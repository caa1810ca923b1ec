package io.plasmabackup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizeFormTest {

  private static final SizeForm ANY = new SizeForm("KMGT", true, "500G", 0, Long.MAX_VALUE);
  private static final SizeForm SOME = new SizeForm("KMG", false, "10M", 2048, 3L << 30);

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "17, 17",
    "1K, 1024",
    "20M, 20971520",
    "3G, 3221225472",
    "2T, 2199023255552",
    "8388607T, 9223370937343148032"
  })
  void saysHowMuch(String text, long expected) {
    assertThat(ANY.parse(text)).hasValue(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "K",
        "-1",
        "1k",
        "1KB",
        "1 K",
        "1.5G",
        "1P",
        "1G\n",
        "١",
        "8388608T",
        "1000000000000000"
      })
  void takesNothingElse(String text) {
    assertThat(ANY.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "4096, false",
    "1K, false",
    "2K, true",
    "3G, true",
    "3072M, true",
    "3073M, false",
    "4G, false",
    "1T, false",
    "999999999999999G, false"
  })
  void takesOnlyItsUnitsAndRange(String text, boolean taken) {
    assertThat(SOME.parse(text).isPresent()).isEqualTo(taken);
  }

  @Test
  void saysWhatItTakes() {
    assertThat(ANY.expected())
        .isEqualTo("a number of bytes, or one with K, M, G or T, such as 500G");
    assertThat(SOME.expected()).isEqualTo("a number with K, M or G, such as 10M");
  }
}
