package io.plasmabackup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationFormTest {

  private static final DurationForm ANY =
      new DurationForm("smhd", "90s", Duration.ZERO, DurationForm.LONGEST);
  private static final DurationForm DAYS =
      new DurationForm("hd", "14d", Duration.ofHours(2), Duration.ofHours(49));

  @ParameterizedTest
  @CsvSource({"0s, PT0S", "90s, PT90S", "07m, PT7M", "36h, PT36H", "999999d, P999999D"})
  void saysHowLong(String text, Duration expected) {
    assertThat(ANY.parse(text)).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s",
        "1",
        "-1s",
        "+1s",
        " 1s",
        "1s ",
        "1 s",
        "1S",
        "1w",
        "1.5h",
        "1s\n",
        "١s",
        "1000000s"
      })
  void takesNothingElse(String text) {
    assertThat(ANY.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1h, false",
    "2h, true",
    "2d, true",
    "49h, true",
    "50h, false",
    "3d, false",
    "7200s, false"
  })
  void takesOnlyItsUnitsAndRange(String text, boolean taken) {
    assertThat(DAYS.parse(text).isPresent()).isEqualTo(taken);
  }

  @Test
  void saysWhatItTakes() {
    assertThat(ANY.expected()).isEqualTo("a number with s, m, h or d, such as 90s");
    assertThat(DAYS.expected()).isEqualTo("a number with h or d, such as 14d, from 2h to 49h");
    assertThat(new DurationForm("smhd", "90s", Duration.ZERO, Duration.ofDays(30)).expected())
        .endsWith(", from 0s to 30d");
    assertThat(new DurationForm("s", "9s", Duration.ofSeconds(1), Duration.ofHours(1)).expected())
        .isEqualTo("a number with s, such as 9s, from 1s to 3600s");
  }
}
