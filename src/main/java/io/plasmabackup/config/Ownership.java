package io.plasmabackup.config;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who can change a file.
 *
 * @param owner user id
 * @param mode type and permission bits, as stat has them
 */
record Ownership(long owner, int mode) {

  private static final long ROOT = 0;
  private static final int GROUP_WRITES = 0020;
  private static final int OTHERS_WRITE = 0002;
  private static final int PERMISSIONS = 07777;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./+,@%-]+");

  /**
   * Why {@code user} must not run commands that the file names, and the command that puts it right;
   * empty if it may: nobody but root and {@code user} can have written them. Groups are taken as
   * private to their user except for root's sake.
   *
   * @param path absolute path of the file
   */
  Optional<String> distrust(long user, String path) {
    if (owner != ROOT && owner != user) {
      return Optional.of(
          "belongs to user id %d, but its commands run as user id %d; check what it says, then run: chown %d %s"
              .formatted(owner, user, user, quoted(path)));
    }
    if ((mode & OTHERS_WRITE) != 0 || (user == ROOT && (mode & GROUP_WRITES) != 0)) {
      return Optional.of(
          "can be changed by others (mode %04o), but its commands run as user id %d; check what it says, then run: chmod go-w %s"
              .formatted(mode & PERMISSIONS, user, quoted(path)));
    }
    return Optional.empty();
  }

  private static String quoted(String path) {
    return PLAIN.matcher(path).matches() ? path : "'" + path.replace("'", "'\\''") + "'";
  }
}
