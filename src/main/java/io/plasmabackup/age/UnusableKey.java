package io.plasmabackup.age;

import java.util.Objects;

/** A key, public or private, that can't be used. The message says why, and never has any of it. */
public final class UnusableKey extends Exception {

  UnusableKey(String why) {
    super(why);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
