package io.plasmabackup.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this process may do.
 *
 * @param systemAdministration CAP_SYS_ADMIN of capabilities(7): to make and delete others'
 *     snapshots
 * @param readingEverything CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE: to read what others own
 */
public record Privileges(boolean systemAdministration, boolean readingEverything) {

  // Numbers of linux/capability.h.
  private static final int CAP_DAC_OVERRIDE = 1;
  private static final int CAP_DAC_READ_SEARCH = 2;
  private static final int CAP_SYS_ADMIN = 21;

  /** Reads the effective capabilities: CapEff of proc_pid_status(5). */
  public static Privileges read() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapEff:")) {
        long effective = Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
        return new Privileges(
            has(effective, CAP_SYS_ADMIN),
            has(effective, CAP_DAC_READ_SEARCH) || has(effective, CAP_DAC_OVERRIDE));
      }
    }
    throw new IOException("/proc/self/status has no line CapEff");
  }

  private static boolean has(long effective, int capability) {
    return (effective >>> capability & 1) == 1;
  }
}
