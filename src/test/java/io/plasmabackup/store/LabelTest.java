package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelTest {

  @ParameterizedTest
  @CsvSource({
    "2024-01-01, MONTHLY, a Monday that is the 1st",
    "2024-01-02, DAILY,   a Tuesday",
    "2024-01-08, WEEKLY,  a Monday",
    "2024-02-01, MONTHLY, a Thursday that is the 1st",
    "2024-02-29, DAILY,   the leap day of 2024",
    "2028-02-28, WEEKLY,  a Monday before a leap day",
    "2028-02-29, DAILY,   the leap day of 2028",
    "2028-05-01, MONTHLY, another Monday that is the 1st",
  })
  void theDateDecides(LocalDate date, Label label, String why) {
    assertThat(Label.of(date)).as(why).isEqualTo(label);
  }

  /** The Gregorian calendar repeats after 400 years, which are a whole number of weeks. */
  @Test
  void overFourHundredYearsEveryDayHasTheRightLabel() {
    LocalDate start = LocalDate.of(2000, 1, 1);
    Map<Label, Long> counts =
        start
            .datesUntil(start.plusYears(400))
            .collect(Collectors.groupingBy(Label::of, Collectors.counting()));

    // There are 20,871 Mondays, and 684 of them are the 1st of a month.
    assertThat(counts)
        .containsOnly(
            Map.entry(Label.MONTHLY, 4800L),
            Map.entry(Label.WEEKLY, 20_871L - 684),
            Map.entry(Label.DAILY, 146_097L - 4800 - 20_871 + 684));
  }

  @Test
  void itIsWrittenInLowerCase() {
    assertThat(Label.values())
        .extracting(Label::text)
        .containsExactly("daily", "weekly", "monthly");
  }
}
