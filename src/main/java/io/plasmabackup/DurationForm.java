package io.plasmabackup;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A duration as people write it in a file or an option: a whole number of up to six digits, and a
 * unit.
 *
 * @param units those that are taken, of {@code smhd}, the smallest first
 * @param example for messages
 * @param least not negative
 * @param most {@link #LONGEST} for any
 */
public record DurationForm(String units, String example, Duration least, Duration most) {

  /** More than six digits can say. */
  public static final Duration LONGEST = Duration.ofDays(1_000_000);

  private static final Pattern FORM = Pattern.compile("([0-9]{1,6})([smhd])");

  /** What a text says; empty if it isn't such a duration, or out of range. */
  public Optional<Duration> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches() || !units.contains(form.group(2))) {
      return Optional.empty();
    }
    Duration found = unit(form.group(2).charAt(0)).multipliedBy(Long.parseLong(form.group(1)));
    return found.compareTo(least) < 0 || found.compareTo(most) > 0
        ? Optional.empty()
        : Optional.of(found);
  }

  /** For messages, after "is not" or "must be": a number with ... */
  public String expected() {
    return "a number with "
        + Alternatives.of(units)
        + ", such as "
        + example
        + (most.equals(LONGEST) ? "" : ", from " + shown(least) + " to " + shown(most));
  }

  /** With the largest unit that gives a whole number. */
  private String shown(Duration duration) {
    char unit = units.charAt(0);
    for (int i = 1; i < units.length() && !duration.isZero(); i++) {
      if (duration.toSeconds() % unit(units.charAt(i)).toSeconds() == 0) {
        unit = units.charAt(i);
      }
    }
    return "%d%s".formatted(duration.dividedBy(unit(unit)), unit);
  }

  private static Duration unit(char unit) {
    return switch (unit) {
      case 's' -> Duration.ofSeconds(1);
      case 'm' -> Duration.ofMinutes(1);
      case 'h' -> Duration.ofHours(1);
      case 'd' -> Duration.ofDays(1);
      default -> throw new IllegalArgumentException("unit " + unit);
    };
  }
}
