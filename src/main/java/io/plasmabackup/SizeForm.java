package io.plasmabackup;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it in a file or an option: a whole number of up to 15 digits,
 * and a unit, which is a power of 1024.
 *
 * @param units those that are taken, of {@code KMGT}
 * @param bare whether there may be none: then it is bytes
 * @param example for messages
 * @param least bytes, not negative
 * @param most bytes
 */
public record SizeForm(String units, boolean bare, String example, long least, long most) {

  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})([KMGT]?)");
  private static final String UNITS = "KMGT";
  private static final int UNIT_BITS = 10;

  /** What a text says, in bytes; empty if it isn't such a size, or out of range. */
  public OptionalLong parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return OptionalLong.empty();
    }
    String unit = form.group(2);
    if (unit.isEmpty() ? !bare : !units.contains(unit)) {
      return OptionalLong.empty();
    }
    long number = Long.parseLong(form.group(1));
    int bits = unit.isEmpty() ? 0 : (UNITS.indexOf(unit) + 1) * UNIT_BITS;
    return number > most >> bits || number << bits < least
        ? OptionalLong.empty()
        : OptionalLong.of(number << bits);
  }

  /** For messages, after "is not" or "must be": a number with ... */
  public String expected() {
    return "a number "
        + (bare ? "of bytes, or one " : "")
        + "with "
        + Alternatives.of(units)
        + ", such as "
        + example;
  }
}
