package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.Machine;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code plasma-restore drill}: what it finds, and that nothing of it stays. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class DrillArchiveTest {

  @TempDir private Path home;
  private Path storage = Path.of("");
  private Path scratch = Path.of("");

  @BeforeEach
  void makeFolders() throws IOException {
    storage = Files.createDirectory(home.resolve("storage"));
    scratch = Files.createDirectory(home.resolve("scratch"));
  }

  private void backUp(String strategy, String compression, Path folder) throws IOException {
    Run run =
        new AgentSetup(home)
            .strategy(strategy)
            .folders(folder)
            .with("compression", compression)
            .to(storage)
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  private Run drill(Path where, String... arguments) {
    return Commands.run(
        new PlasmaRestore(),
        Stream.concat(
                Stream.of("drill", "--from", storage.toString(), "--scratch", where.toString()),
                Stream.of(arguments))
            .toArray(String[]::new));
  }

  private static void assertNothingLeft(Path where) {
    assertThat(where).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void whatIsGoodComesBack(String compression) throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create("compress=zstd:3")) {
      Path folder = btrfs.subvolume("data");
      RandomTree.growOnBtrfs(folder, 23);
      backUp("btrfs-snapshot", compression, folder);
      Path where = Files.createDirectory(btrfs.root().resolve("scratch"));

      Run run = drill(where);

      assertThat(run.err()).isEmpty();
      assertThat(run.out())
          .contains(": all came back; ")
          .contains(", every byte verified, ")
          .hasLineCount(1);
      assertThat(run.status()).isZero();
      assertNothingLeft(where);
    }
  }

  private Path archive(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files.filter(file -> file.toString().endsWith(suffix)).findFirst().orElseThrow();
    }
  }

  private Path folder(int files, int bytes) throws IOException {
    Path folder = Files.createDirectory(home.resolve("folder"));
    Random random = new Random(3);
    byte[] content = new byte[bytes];
    for (int i = 0; i < files; i++) {
      random.nextBytes(content);
      Files.write(folder.resolve("file" + i), content);
    }
    return folder;
  }

  @Test
  void damageIsNamedBeforeAnythingIsExtracted() throws Exception {
    backUp("tar", "\"none\"", folder(3, 100_000));
    Path archive = archive(".tar");
    byte[] bytes = Files.readAllBytes(archive);
    bytes[bytes.length / 2] ^= 1;
    Files.write(archive, bytes);

    Run run = drill(scratch);

    assertThat(run.status()).isEqualTo(16);
    assertThat(run.err()).contains(archive + " is damaged: segment 0, at bytes 0 to ");
    assertThat(run.out()).isEmpty();
    assertNothingLeft(scratch);
  }

  /** An archive that says of a link what another filesystem has no room for. */
  @Test
  void whatDoesNotComeBackIsNamed() throws Exception {
    Path folder = folder(2, 1000);
    Command.run("setfattr", "-n", "user.x", "-v", "1", folder.resolve("file1").toString());
    backUp("tar", "\"zstd\"", folder);
    try (Machine machine = Machine.create()) {
      machine.sh("here -t ramfs ramfs; mkdir scratch");
      Path where = machine.root().resolve("scratch");

      Run run = drill(where);

      assertThat(run.err())
          .contains(
              "not restored: " + folder.toString().substring(1) + "/file1: its attribute user.x")
          .contains(
              "changed     "
                  + folder.toString().substring(1)
                  + "/file1: attribute user.x 1 bytes -> none")
          .contains(": 1 differ, 0 refused, 1 not restored in full; 3 members, ");
      assertThat(run.status()).isEqualTo(20);
      assertNothingLeft(where);
    }
  }

  @Test
  void withoutRoomNothingIsBegun() throws Exception {
    backUp("tar", "\"zstd\"", folder(1, 30 << 20));
    try (Machine machine = Machine.create()) {
      String device = machine.filesystem("ext4", 20 << 20, "-q");
      machine.sh("here \"$1\"; rmdir lost+found", device);

      Run run = drill(machine.root());

      assertThat(run.status()).isEqualTo(18);
      assertThat(run.err())
          .contains(machine.root() + " has ")
          .contains("bytes free, and to extract the archive takes 31,4")
          .contains("or name another folder by --scratch");
      assertNothingLeft(machine.root());
    }
  }

  @Test
  void aDiskThatIsFullInTheMiddleIsNamedAndCleanedUp() throws Exception {
    // Each takes an inode, of which the filesystem has fewer.
    backUp("tar", "\"zstd\"", folder(1500, 10));
    try (Machine machine = Machine.create()) {
      String device = machine.filesystem("ext4", 20 << 20, "-q", "-N", "1000");
      machine.sh("here \"$1\"; rmdir lost+found", device);

      Run run = drill(machine.root());

      assertThat(run.status()).isEqualTo(18);
      assertThat(run.err()).contains("No space left on device (ENOSPC)");
      assertNothingLeft(machine.root());
    }
  }

  private Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            PlasmaRestore.class.getName(),
            "drill",
            "--from",
            storage.toString(),
            "--scratch",
            scratch.toString())
        .redirectError(home.resolve("errors").toFile())
        .start();
  }

  private List<Path> extracted() throws IOException {
    try (Stream<Path> files = Files.walk(scratch)) {
      return files.filter(file -> file.getFileName().toString().startsWith("file")).toList();
    }
  }

  private Process startedAndExtracting() throws Exception {
    Process process = start();
    while (true) {
      assertThat(process.isAlive()).as(Files.readString(home.resolve("errors"))).isTrue();
      try {
        if (!extracted().isEmpty()) {
          return process;
        }
      } catch (UncheckedIOException changedMeanwhile) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void afterASignalNothingIsLeft() throws Exception {
    backUp("tar", "\"none\"", folder(3000, 50_000));
    Process process = startedAndExtracting();
    try (Stream<Path> made = Files.list(scratch)) {
      assertThat(Files.getPosixFilePermissions(made.findFirst().orElseThrow())).hasSize(3);
    }

    Command.run("kill", "-TERM", Long.toString(process.pid()));

    assertThat(process.waitFor()).isEqualTo(143);
    assertThat(Files.readString(home.resolve("errors")))
        .isEqualTo("plasma-restore: stopped by a signal; nothing of the drill is left\n");
    assertNothingLeft(scratch);
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void theNextOneRemovesWhatAKilledOneHasLeft() throws Exception {
    Path folder = folder(3000, 50_000);
    backUp("tar", "\"none\"", folder);
    Process process = startedAndExtracting();
    Run meanwhile = drill(scratch, archive(".tar").getFileName().toString());
    assertThat(meanwhile.err()).isEmpty();
    assertThat(meanwhile.status()).isZero();

    process.destroyForcibly().waitFor();
    if (process.exitValue() != 0) {
      assertThat(scratch).isNotEmptyDirectory();
    }
    // Neither another's folder of such a name, nor a link.
    Path others = Files.createDirectory(scratch.resolve(".plasma-drill-0"));
    Command.run("chmod", "755", others.toString());
    Path link = Files.createSymbolicLink(scratch.resolve(".plasma-drill-1"), folder);

    Run next = drill(scratch);

    assertThat(next.err()).isEmpty();
    assertThat(next.status()).isZero();
    try (Stream<Path> left = Files.list(scratch)) {
      assertThat(left).containsExactlyInAnyOrder(others, link);
    }
    assertThat(folder).isNotEmptyDirectory();
  }
}
