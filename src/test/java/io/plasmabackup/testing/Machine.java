package io.plasmabackup.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder that looks like a machine's root directory: with filesystems mounted below it as
 * distributions do. All of it is taken away when it is closed. Needs root and loop devices.
 */
public final class Machine implements AutoCloseable {

  /** Defines {@code here}: mounts something in the root directory's place, and goes there. */
  private static final String PRELUDE =
      """
      here() { cd /; if mountpoint --quiet "$0"; then umount "$0"; fi; mount "$@" "$0"; cd "$0"; }
      cd "$0"
      """;

  private final Path home;
  private final Path images;
  private final Path root;
  private final List<String> devices = new ArrayList<>();

  private Machine(Path home, Path images) {
    this.home = home;
    this.images = images;
    this.root = home.resolve("root");
  }

  /** One with nothing in it. */
  public static Machine create() throws IOException {
    Requires.loopback();
    Machine machine =
        new Machine(
            Files.createTempDirectory("plasma-machine-"),
            Files.createTempDirectory("plasma-images-"));
    Files.createDirectory(machine.root);
    // Else what is mounted here would show in other places as well.
    Command.run("mount", "--bind", machine.home.toString(), machine.home.toString());
    Command.run("mount", "--make-private", machine.home.toString());
    return machine;
  }

  /** What a target folder would be. */
  public Path root() {
    return root;
  }

  /** A folder beside the root directory. */
  public Path beside(String name) throws IOException {
    return Files.createDirectory(home.resolve(name));
  }

  /** A new, empty filesystem; its device. */
  public String filesystem(String type, long bytes, String... mkfsOptions) {
    Path image = images.resolve("image-" + devices.size());
    Command.run("truncate", "--size", Long.toString(bytes), image.toString());
    List<String> mkfs = new ArrayList<>(List.of(Requires.tool("mkfs." + type).toString()));
    mkfs.addAll(List.of(mkfsOptions));
    mkfs.add(image.toString());
    Command.run(mkfs.toArray(String[]::new));
    String device = Command.run("losetup", "--find", "--show", image.toString()).strip();
    devices.add(device);
    return device;
  }

  /**
   * Runs a shell script in the root directory that stops at the first error. {@code here ARGUMENTS}
   * in it mounts something in the root directory's place.
   *
   * @param arguments {@code $1} and so on
   */
  public String sh(String script, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("bash", "-euo", "pipefail", "-c", PRELUDE + script, root.toString()));
    command.addAll(List.of(arguments));
    return Command.run(command.toArray(String[]::new));
  }

  @Override
  public void close() {
    Command.run("umount", "--recursive", home.toString());
    for (String device : devices) {
      Command.run("losetup", "--detach", device);
    }
    Command.run("rm", "-rf", "--one-file-system", home.toString(), images.toString());
  }
}
