package io.plasmabackup.extract;

/** A member is not extracted, and the message says why; the others may be. */
final class Refusal extends Exception {

  private static final long serialVersionUID = 1;

  private final String why;

  Refusal(String why) {
    super(why, null, false, false);
    this.why = why;
  }

  /** What to tell of the member, after its name. */
  String why() {
    return why;
  }
}
