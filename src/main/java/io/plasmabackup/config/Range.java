package io.plasmabackup.config;

import java.util.OptionalInt;

/** Whole numbers that are allowed somewhere, from {@code least} to {@code most}. */
record Range(int least, int most) {

  /** The number, if it is one of these. */
  OptionalInt parse(String digits) {
    try {
      int number = Integer.parseInt(digits);
      return number < least || number > most ? OptionalInt.empty() : OptionalInt.of(number);
    } catch (NumberFormatException tooLarge) {
      return OptionalInt.empty();
    }
  }

  @Override
  public String toString() {
    return least + " to " + most;
  }
}
