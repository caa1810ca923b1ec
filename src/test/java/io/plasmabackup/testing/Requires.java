package io.plasmabackup.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs from the machine. Where it isn't there, the test is skipped with the reason; or
 * fails with it when the system property {@code plasma.loopback} is {@code required}, as it is in
 * CI, so that the tests that matter most cannot go missing there unnoticed.
 */
public final class Requires {

  private static final int CAP_SYS_ADMIN = 21;

  private Requires() {}

  /** The test runs as root. */
  public static void root() throws IOException {
    check(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
  }

  /** The program {@code name}, or at that absolute path, is installed; its path. */
  public static Path tool(String name) {
    Optional<Path> found = find(name);
    check(found.isPresent(), "needs the program " + name);
    return found.orElseThrow();
  }

  /** The test runs as root and may mount. */
  public static void systemAdministration() throws IOException {
    root();
    check(
        (effectiveCapabilities() >> CAP_SYS_ADMIN & 1) == 1,
        "needs CAP_SYS_ADMIN, which this container withholds");
  }

  /** A btrfs in a file can be made, attached to a loop device and mounted. */
  public static void loopback() throws IOException {
    systemAdministration();
    tool("mkfs.btrfs");
    tool("mount");
    check(Files.exists(Path.of("/dev/loop-control")), "needs loop devices (/dev/loop-control)");
    check(run(tool("losetup"), "--find"), "needs a free loop device");
    check(
        Files.readAllLines(Path.of("/proc/filesystems")).contains("\tbtrfs")
            || find("modprobe").map(modprobe -> run(modprobe, "btrfs")).orElse(false),
        "needs a kernel with btrfs");
  }

  private static long effectiveCapabilities() throws IOException {
    try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
      return status
          .filter(line -> line.startsWith("CapEff:"))
          .map(line -> Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16))
          .findFirst()
          .orElseThrow();
    }
  }

  /** In the folders of PATH, and in those that only root's PATH has. */
  private static Optional<Path> find(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(Stream.of(path.split(":")), Stream.of("/usr/sbin", "/sbin"))
        .map(folder -> Path.of(folder).resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static boolean run(Path program, String argument) {
    try {
      return new ProcessBuilder(program.toString(), argument)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException cannotStart) {
      throw new UncheckedIOException(cannotStart);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void check(boolean met, String need) {
    if (!met && System.getProperty("plasma.loopback", "optional").equals("required")) {
      Assertions.fail(need + ", and plasma.loopback=required forbids skipping");
    }
    Assumptions.assumeTrue(met, need);
  }
}
