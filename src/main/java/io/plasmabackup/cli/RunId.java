package io.plasmabackup.cli;

import java.security.SecureRandom;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;

/**
 * Names runs. Apart from {@link PlasmaAgent}, all of whose commands would else wait for the format
 * to be made.
 */
final class RunId {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'");

  private RunId() {}

  /** One that sorts by time, and is unique without asking anybody. */
  static String of(ZonedDateTime time) {
    byte[] random = new byte[4];
    new SecureRandom().nextBytes(random);
    return TIME.format(time.withZoneSameInstant(ZoneOffset.UTC))
        + "-"
        + HexFormat.of().formatHex(random);
  }
}
