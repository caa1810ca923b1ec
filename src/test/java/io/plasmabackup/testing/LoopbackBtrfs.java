package io.plasmabackup.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A btrfs of its own for a test: in a sparse file behind a loop device, mounted below a private
 * temporary directory named {@code plasma-test-btrfs-*}. Its owner closes it. Needs {@link
 * Requires#loopback}, which {@link #create} asks for; tests that use it carry
 * {@code @Tag("loopback")}.
 */
public final class LoopbackBtrfs implements AutoCloseable {

  private static final long MEBIBYTE = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Path home;
  private final Path image;
  private final List<Path> mountPoints = new ArrayList<>();
  private final Thread atExit = new Thread(this::abandon);
  private String device = "";
  private boolean attached;

  private LoopbackBtrfs(Path home) {
    this.home = home;
    this.image = home.resolve("image");
  }

  /** One of 512 MiB; with options of mount(8), such as {@code compress=zstd:3}. */
  public static LoopbackBtrfs create(String... mountOptions) throws IOException {
    return create(512 * MEBIBYTE, mountOptions);
  }

  /**
   * One of a size.
   *
   * @param bytes at least 16 MiB; below 128 MiB, data and metadata share their space (mixed), so
   *     that a test can fill it quickly; the file takes up as much as is written
   */
  public static LoopbackBtrfs create(long bytes, String... mountOptions) throws IOException {
    Requires.loopback();
    LoopbackBtrfs made = new LoopbackBtrfs(Files.createTempDirectory("plasma-test-btrfs-"));
    // A run that is stopped half-way leaves nothing behind either.
    Runtime.getRuntime().addShutdownHook(made.atExit);
    try {
      made.make(bytes, mountOptions);
      return made;
    } catch (IOException | RuntimeException | AssertionError e) {
      made.release();
      throw e;
    }
  }

  private void make(long bytes, String... mountOptions) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    String mkfs = Requires.tool("mkfs.btrfs").toString();
    if (bytes < 128 * MEBIBYTE) {
      Command.run(mkfs, "--quiet", "--mixed", image.toString());
    } else {
      Command.run(mkfs, "--quiet", image.toString());
    }
    attach();
    mount(mountOptions);
    detach();
  }

  private void attach() {
    device = Command.run("losetup", "--find", "--show", image.toString());
    attached = true;
  }

  /** The device is in use, so this only marks it: it goes with the last mount. */
  private void detach() {
    Command.run("losetup", "--detach", device);
    attached = false;
  }

  /** Where the filesystem's top level is mounted. */
  public Path root() {
    return mountPoints.getFirst();
  }

  /** The loop device's path. */
  public String device() {
    return device;
  }

  /**
   * Mounts the same filesystem at a further place, which {@link #close} unmounts.
   *
   * @param options of mount(8), such as {@code subvol=@home}; those that are the filesystem's, not
   *     the mount's, are as {@link #create} has them
   */
  public Path mount(String... options) throws IOException {
    Path mountPoint = Files.createDirectory(home.resolve("mount-" + mountPoints.size()));
    mountPoints.add(mountPoint);
    Command.run(
        "mount",
        "-t",
        "btrfs",
        "-o",
        Stream.concat(Stream.of("defaults"), Stream.of(options)).reduce("%s,%s"::formatted).get(),
        device,
        mountPoint.toString());
    return mountPoint;
  }

  /**
   * Makes a subvolume.
   *
   * @param name a path relative to {@link #root}
   */
  public Path subvolume(String name) {
    Path path = root().resolve(name);
    btrfs("subvolume", "create", path.toString());
    return path;
  }

  /** Bytes of data that it has, once all is on the disk. */
  public long usedBytes() {
    btrfs("subvolume", "sync", root().toString());
    btrfs("filesystem", "sync", root().toString());
    return btrfs("filesystem", "df", "--raw", root().toString())
        .lines()
        .filter(line -> line.startsWith("Data"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf('=') + 1)))
        .sum();
  }

  /** Runs btrfs(8); its output. */
  public String btrfs(String... arguments) {
    return Command.run(
        Stream.concat(Stream.of("btrfs"), Stream.of(arguments)).toArray(String[]::new));
  }

  /**
   * Leaves of it what is on disk now, as a power cut would, and mounts that where it was. Nothing
   * of it may be open, nor be written to meanwhile.
   */
  public void cutPower() throws IOException {
    Path disk = home.resolve("disk");
    Command.run("cp", "--sparse=always", image.toString(), disk.toString());
    for (Path mountPoint : mountPoints.reversed()) {
      if (!unmount(mountPoint)) {
        throw new AssertionError("still in use: " + openFiles(mountPoint));
      }
    }
    Files.move(disk, image, StandardCopyOption.REPLACE_EXISTING);
    attach();
    for (Path mountPoint : mountPoints) {
      Command.run("mount", "-t", "btrfs", device, mountPoint.toString());
    }
    detach();
  }

  /**
   * Unmounts, detaches, deletes the file.
   *
   * @throws AssertionError if the filesystem is in use; nothing is left behind all the same
   */
  @Override
  public void close() {
    List<String> users = new ArrayList<>();
    for (Path mountPoint : mountPoints.reversed()) {
      if (!unmount(mountPoint)) {
        users.addAll(openFiles(mountPoint));
        users.add(Command.attempt("umount", mountPoint.toString()).output());
      }
    }
    release();
    if (!users.isEmpty()) {
      throw new AssertionError("still in use, is a descriptor leaked? " + users);
    }
  }

  /** The kernel finishes with a file a little after its last user has. */
  private static boolean unmount(Path mountPoint) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (Command.attempt("umount", mountPoint.toString()).status() != 0) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /** What this process has open there. */
  private static List<String> openFiles(Path mountPoint) {
    List<String> open = new ArrayList<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        Path target = Files.readSymbolicLink(descriptor);
        if (target.startsWith(mountPoint)) {
          open.add(target.toString());
        }
      }
    } catch (IOException e) {
      open.add("(cannot tell what else: " + e + ")");
    }
    return open;
  }

  private void release() {
    abandon();
    Runtime.getRuntime().removeShutdownHook(atExit);
  }

  /** Takes everything away, in use or not. */
  private void abandon() {
    for (Path mountPoint : mountPoints.reversed()) {
      if (Command.attempt("mountpoint", "--quiet", mountPoint.toString()).status() == 0) {
        Command.attempt("umount", "--lazy", mountPoint.toString());
      }
    }
    if (attached) {
      Command.attempt("losetup", "--detach", device);
    }
    try {
      for (Path mountPoint : mountPoints) {
        Files.deleteIfExists(mountPoint);
      }
      Files.deleteIfExists(image);
      Files.deleteIfExists(home);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + home, e);
    }
  }
}
