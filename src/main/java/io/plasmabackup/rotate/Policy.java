package io.plasmabackup.rotate;

import io.plasmabackup.store.Label;

/** How many archives of each label stay; each number is from 0 (none) to {@link #MAXIMUM}. */
public record Policy(int daily, int weekly, int monthly) {

  /** More than anyone makes in a life; a larger number is a slip of the pen. */
  public static final int MAXIMUM = 100_000;

  public Policy {
    check(daily);
    check(weekly);
    check(monthly);
  }

  /** How many archives with {@code label} stay. */
  public int keep(Label label) {
    return switch (label) {
      case DAILY -> daily;
      case WEEKLY -> weekly;
      case MONTHLY -> monthly;
    };
  }

  private static void check(int number) {
    if (number < 0 || number > MAXIMUM) {
      throw new IllegalArgumentException(number + " is not from 0 to " + MAXIMUM);
    }
  }
}
