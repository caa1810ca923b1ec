package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Names that nobody can foresee, and which say whose they are. */
final class TemporaryName {

  private static final String PREFIX = ".plasma-restore-";
  private static final int RANDOM_BYTES = 12;
  private static final SecureRandom RANDOM = new SecureRandom();

  private TemporaryName() {}

  static RawPath next() {
    byte[] bytes = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(bytes);
    return RawPath.of(PREFIX + HexFormat.of().formatHex(bytes));
  }
}
