package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;

/** A stored file is encrypted, and isn't what was encrypted. */
public final class EncryptedDamage extends Failure {

  private static final long serialVersionUID = 1;

  private final String why;

  EncryptedDamage(String shown, String why) {
    super(ExitCode.DAMAGED, shown + " is damaged: " + why + "; rely on another archive");
    this.why = why;
  }

  /** What is wrong with it, without its name and what to do. */
  public String why() {
    return why;
  }
}
