package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;

/**
 * What differs between the architectures that we run on. The bindings were generated on x86-64; all
 * other constants and layouts that we use are the same on aarch64, which a test proves with both
 * compilers.
 *
 * @param oDirectory O_DIRECTORY: arch/arm64/include/uapi/asm/fcntl.h has its own value
 * @param oNofollow O_NOFOLLOW: likewise
 * @param sysIoprioSet SYS_ioprio_set: aarch64 has the numbers of asm-generic/unistd.h
 */
public record Platform(int oDirectory, int oNofollow, int sysIoprioSet) {

  /**
   * The one that we are on.
   *
   * @throws UnsupportedOperationException if Plasma doesn't run there, with what to tell the user
   */
  public static Platform current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  /** O_TMPFILE, of which O_DIRECTORY is a part. */
  public int oTmpfile() {
    return (Native.O_TMPFILE() & ~Native.O_DIRECTORY()) | oDirectory;
  }

  /**
   * @throws UnsupportedOperationException on any other system, naming it
   */
  static Platform of(String system, String architecture) {
    if (!system.equals("Linux")) {
      throw new UnsupportedOperationException("Plasma runs on Linux only, not on " + system);
    }
    return switch (architecture) {
      case "amd64" ->
          new Platform(Native.O_DIRECTORY(), Native.O_NOFOLLOW(), Native.SYS_ioprio_set());
      case "aarch64" -> new Platform(0x4000, 0x8000, 30);
      default ->
          throw new UnsupportedOperationException(
              "Plasma runs on x86-64 and aarch64, not on " + architecture);
    };
  }
}
