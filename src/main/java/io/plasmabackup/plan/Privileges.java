package io.plasmabackup.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this process may do.
 *
 * @param systemAdministration CAP_SYS_ADMIN of capabilities(7): to make and delete others'
 *     snapshots
 */
public record Privileges(boolean systemAdministration) {

  /** CAP_SYS_ADMIN of linux/capability.h. */
  private static final int CAP_SYS_ADMIN = 21;

  /** Reads the effective capabilities: CapEff of proc_pid_status(5). */
  public static Privileges read() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapEff:")) {
        long effective = Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
        return new Privileges((effective >>> CAP_SYS_ADMIN & 1) == 1);
      }
    }
    throw new IOException("/proc/self/status has no line CapEff");
  }
}
