package io.plasmabackup.cli;

import java.util.Arrays;
import java.util.List;

/**
 * Runs several commands in one process: for scripts/build, which keeps the classes that they load
 * in one archive for all of them. Nobody else has a use for it.
 */
final class Training {

  private static final String NEXT = "+";

  private Training() {}

  /**
   * Runs the commands.
   *
   * @param arguments of each command its name and its arguments; between two of them a plus sign
   */
  public static void main(String[] arguments) {
    List<String> left = Arrays.asList(arguments);
    while (!left.isEmpty()) {
      int next = left.indexOf(NEXT);
      List<String> command = next < 0 ? left : left.subList(0, next);
      left = next < 0 ? List.of() : left.subList(next + 1, left.size());
      run(command.getFirst(), command.subList(1, command.size()).toArray(String[]::new));
    }
  }

  private static void run(String name, String[] arguments) {
    int status =
        switch (name) {
          case "plasma-agent" -> Program.run(new PlasmaAgent(), arguments);
          case "plasma-rotate" -> Program.run(new PlasmaRotate(), arguments);
          case "plasma-restore" -> Program.run(new PlasmaRestore(), arguments);
          case "plasma-store" -> Program.run(new PlasmaStore(), arguments);
          default -> throw new IllegalArgumentException("there is no command " + name);
        };
    if (status != 0) {
      throw new IllegalStateException(name + " ended with status " + status);
    }
  }
}
