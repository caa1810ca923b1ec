package io.plasmabackup.age;

import java.util.Objects;

/** A file that doesn't begin as an age file does. */
public final class MalformedHeader extends Exception {

  MalformedHeader(String why) {
    super(why);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
