package io.plasmabackup.age;

/** An age file that none of the identities opens. */
public final class NotForUs extends Exception {

  NotForUs() {
    super("it is encrypted to none of the identities");
  }
}
