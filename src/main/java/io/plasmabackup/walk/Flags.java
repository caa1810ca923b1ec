package io.plasmabackup.walk;

import io.plasmabackup.linux.FileStatus;
import java.util.EnumSet;
import java.util.Set;

/** Flags of chattr(1), from where the kernel tells of them. */
final class Flags {

  private Flags() {}

  static Set<Metadata.Flag> of(FileStatus status, boolean noCopyOnWrite) {
    if (!status.isImmutable() && !status.isAppendOnly() && !noCopyOnWrite) {
      return Set.of();
    }
    Set<Metadata.Flag> flags = EnumSet.noneOf(Metadata.Flag.class);
    if (status.isImmutable()) {
      flags.add(Metadata.Flag.IMMUTABLE);
    }
    if (status.isAppendOnly()) {
      flags.add(Metadata.Flag.APPEND_ONLY);
    }
    if (noCopyOnWrite) {
      flags.add(Metadata.Flag.NO_COPY_ON_WRITE);
    }
    return flags;
  }
}
