package io.plasmabackup.store;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.util.Locale;

/** Which retention slot an archive belongs to; decided once, from the local date of its run. */
public enum Label {
  DAILY,
  WEEKLY,
  MONTHLY;

  /**
   * {@code monthly} on the first of a month, else {@code weekly} on a Monday, else {@code daily}.
   */
  public static Label of(LocalDate date) {
    if (date.getDayOfMonth() == 1) {
      return MONTHLY;
    }
    return date.getDayOfWeek() == DayOfWeek.MONDAY ? WEEKLY : DAILY;
  }

  /** As it stands in archive names and policy files: lower case. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
