package io.plasmabackup.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody sits there. */
final class Terminal {

  private Terminal() {}

  /**
   * Whether a standard stream is a terminal.
   *
   * @param descriptor 0 to 2
   */
  static boolean is(int descriptor) {
    try {
      String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return file.startsWith("/dev/pts/")
          || file.startsWith("/dev/tty")
          || file.equals("/dev/console");
    } catch (IOException noProc) {
      return false;
    }
  }
}
