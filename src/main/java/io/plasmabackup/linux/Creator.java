package io.plasmabackup.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel gives to files that this process creates, from /proc/self/status: proc(5).
 *
 * @param uid the user that checks of the filesystem are made for
 * @param gid likewise the group
 * @param umask permissions that are taken from what is asked for
 */
public record Creator(long uid, long gid, int umask) {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern LINES =
      Pattern.compile(
          "(?ms)^Umask:\\s+([0-7]+)$.*^Uid:(?:\\s+\\d+){3}\\s+(\\d+)$.*^Gid:(?:\\s+\\d+){3}\\s+(\\d+)$");

  /**
   * As it is now.
   *
   * @throws IOException if /proc isn't there, or is another system's
   */
  public static Creator ofProcess() throws IOException {
    // The name of a process is any bytes: don't ask for UTF-8.
    Matcher lines = LINES.matcher(Files.readString(STATUS, StandardCharsets.ISO_8859_1));
    if (!lines.find()) {
      throw new IOException(STATUS + " has no lines Umask, Uid and Gid");
    }
    return new Creator(
        Long.parseLong(lines.group(2)),
        Long.parseLong(lines.group(3)),
        Integer.parseInt(lines.group(1), 8));
  }
}
