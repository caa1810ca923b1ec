package io.plasmabackup.linux;

import io.plasmabackup.testing.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs a piece of this package in a process of its own, whose surroundings a test chooses. */
final class Probe {

  private Probe() {}

  /**
   * Runs {@link #main} with {@code arguments}.
   *
   * @param wrapper a program with its arguments that runs the command that follows it, such as
   *     {@code unshare -m}
   */
  static String run(List<String> wrapper, String... arguments) {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Probe.class.getName()));
    command.addAll(Arrays.asList(arguments));
    return Command.run(command.toArray(String[]::new));
  }

  public static void main(String[] arguments) throws ErrnoException {
    switch (arguments[0]) {
      case "read" -> {
        byte[] content = new byte[100];
        try (Fd file = Fd.open(RawPath.of(arguments[1]), Fd.Use.READ)) {
          int length = file.read(0, content, 0, content.length);
          System.out.print(new String(content, 0, length, StandardCharsets.UTF_8));
        }
      }
      case "group" -> System.out.print(new Accounts().group(Long.parseLong(arguments[1])));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }
}
