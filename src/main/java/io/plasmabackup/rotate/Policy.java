package io.plasmabackup.rotate;

import io.plasmabackup.store.Label;
import java.time.Duration;
import java.util.Optional;

/**
 * How many archives of each label stay; each number is from 0 (none) to {@link #MAXIMUM}.
 *
 * @param minimumAge archives that were stored less long ago stay, and are not counted; from none to
 *     {@link #MAXIMUM} days. Empty where the policy doesn't say, which is as good as none
 */
public record Policy(int daily, int weekly, int monthly, Optional<Duration> minimumAge) {

  /** More than anyone makes in a life; a larger number is a slip of the pen. */
  public static final int MAXIMUM = 100_000;

  public Policy {
    check(daily);
    check(weekly);
    check(monthly);
    if (minimumAge.isPresent()
        && (minimumAge.get().isNegative() || minimumAge.get().toDays() > MAXIMUM)) {
      throw new IllegalArgumentException(minimumAge.get() + " is not from 0 to 100000 days");
    }
  }

  /** One that doesn't say how old an archive must be. */
  public Policy(int daily, int weekly, int monthly) {
    this(daily, weekly, monthly, Optional.empty());
  }

  /** This one, with an age where it says none. */
  Policy orMinimumAge(Duration age) {
    return minimumAge.isPresent() ? this : new Policy(daily, weekly, monthly, Optional.of(age));
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
