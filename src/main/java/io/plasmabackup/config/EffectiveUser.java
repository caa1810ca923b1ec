package io.plasmabackup.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** As whom this process acts. */
final class EffectiveUser {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern IDS = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+(\\d+)\\s");

  private EffectiveUser() {}

  /** The effective user's id; 0 is root. */
  static long id() throws IOException {
    // The name of a process is any bytes: don't ask for UTF-8.
    Matcher ids = IDS.matcher(Files.readString(STATUS, StandardCharsets.ISO_8859_1));
    if (!ids.find()) {
      throw new IOException(STATUS + " has no line Uid");
    }
    return Long.parseLong(ids.group(1));
  }
}
