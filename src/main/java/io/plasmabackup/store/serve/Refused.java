package io.plasmabackup.store.serve;

import java.io.IOException;

/** A request that is understood and not carried out. */
public final class Refused extends IOException {

  private static final long serialVersionUID = 1;

  public Refused(String why) {
    super(why);
  }
}
