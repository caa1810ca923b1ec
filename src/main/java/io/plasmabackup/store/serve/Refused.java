package io.plasmabackup.store.serve;

import java.io.IOException;

/** A request that is understood and not carried out. */
final class Refused extends IOException {

  private static final long serialVersionUID = 1;

  Refused(String why) {
    super(why);
  }
}
