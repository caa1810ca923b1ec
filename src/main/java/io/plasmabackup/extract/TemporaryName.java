package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Names that nobody can foresee, and which say whose they are. */
final class TemporaryName {

  private static final String PREFIX = ".plasma-restore-";
  private static final int RANDOM_BYTES = 12;
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final Pattern PATTERN =
      Pattern.compile(Pattern.quote(PREFIX) + "[0-9a-f]{" + 2 * RANDOM_BYTES + "}");

  private TemporaryName() {}

  static RawPath next() {
    byte[] bytes = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(bytes);
    return RawPath.of(PREFIX + HexFormat.of().formatHex(bytes));
  }

  /** Whether a name is like ours. */
  static boolean is(RawPath name) {
    return name.length() == PREFIX.length() + 2 * RANDOM_BYTES
        && PATTERN.matcher(name.toString()).matches();
  }
}
