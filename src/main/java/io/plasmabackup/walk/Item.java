package io.plasmabackup.walk;

import io.plasmabackup.linux.RawPath;

/** What a walk comes upon: everything there is, whether it is archived or not. */
public sealed interface Item permits Entry, LeftOut {

  /** Where it is, without the leading slash; empty for the root directory itself. */
  RawPath name();
}
