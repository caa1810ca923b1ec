package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What can go wrong does so with one clear line and the right exit status, publishes nothing and
 * leaves nothing behind.
 */
@Tag("loopback")
class BackupFailureTest {

  private static LoopbackBtrfs btrfs;
  private static SshdServer server;
  private static Path folder;

  @TempDir Path temp;
  private AgentSetup agent;

  @BeforeAll
  static void start() throws IOException {
    btrfs = LoopbackBtrfs.create(1L << 30);
    server = SshdServer.start();
    folder = btrfs.subvolume("data");
    byte[] content = new byte[40 << 20];
    new Random(1).nextBytes(content);
    Files.write(folder.resolve("large"), content);
    Files.writeString(folder.resolve("small"), "small");
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    btrfs.close();
  }

  @BeforeEach
  void setUp() {
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(folder).to(server);
  }

  @AfterEach
  void nothingIsPublishedOrLeftBehind() throws IOException {
    assertThat(btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString()))
        .as("snapshots that are left")
        .isEmpty();
    assertThat(Command.run("find", btrfs.root().toString(), "-name", ".plasma-snapshots"))
        .isEmpty();
    try (Stream<Path> files = Files.list(server.storage())) {
      assertThat(files).isEmpty();
    }
  }

  private static void assertFails(Run run, ExitCode exitCode, String... fragments) {
    assertThat(run.errors()).as("one line on stderr").hasSize(1);
    assertThat(run.errors().getFirst()).startsWith("plasma-agent: ").contains(fragments);
    assertThat(run.status()).isEqualTo(exitCode.number());
    assertThat(run.out()).doesNotContain("stored ");
  }

  @Test
  void anUnknownHostKey() throws Exception {
    Path empty = Files.createFile(temp.resolve("known_hosts"));
    Run run = agent.to(server, server.clientKey("ed25519"), empty, server.storage()).run();
    assertFails(
        run, ExitCode.CONNECTION, server.host(), "SHA256:", "ssh-keyscan", empty.toString());
  }

  @Test
  void aChangedHostKey() throws Exception {
    Path other = server.generateKey("other_host_" + System.nanoTime(), "ed25519", "");
    String[] key = Files.readString(other).split(" ", -1);
    Path changed =
        Files.writeString(
            temp.resolve("known_hosts"), server.knownAs() + " " + key[0] + " " + key[1] + "\n");
    Run run = agent.to(server, server.clientKey("ed25519"), changed, server.storage()).run();
    assertFails(run, ExitCode.CONNECTION, "HOST KEY", "CHANGED", "SHA256:", "ssh-keygen -R");
  }

  @Test
  void aKeyThatTheServerDoesNotKnow() throws Exception {
    String name = "stranger_" + System.nanoTime();
    server.generateKey(name, "ed25519", "");
    Run run =
        agent
            .to(server, server.directory().resolve(name), server.knownHosts(), server.storage())
            .run();
    assertFails(run, ExitCode.CONNECTION, SshdServer.user(), "SHA256:", "authorized_keys");
  }

  @Test
  void aServerThatIsNotThere() throws Exception {
    SshdServer gone = SshdServer.start();
    agent.to(gone);
    gone.kill();
    try (gone) {
      assertFails(agent.run(), ExitCode.CONNECTION, "127.0.0.1", "refused");
    }
  }

  @Test
  void aMissingRemoteFolder() throws Exception {
    Path missing = server.storage().resolve("missing");
    Run run = agent.to(server, server.clientKey("ed25519"), server.knownHosts(), missing).run();
    assertFails(run, ExitCode.STORAGE, missing.toString(), "mkdir");
  }

  @Test
  void aMissingFolder() throws Exception {
    Run run = agent.folders(folder, folder.resolve("missing")).before(touch("hook")).run();
    assertFails(run, ExitCode.REFUSED, folder.resolve("missing") + " doesn't exist", "\"folders\"");
    assertThat(temp.resolve("hook")).doesNotExist();
  }

  @Test
  void aStrategyThatCannotRunThereIsRefusedBeforeThePreCommands() throws Exception {
    Path elsewhere = Files.createDirectory(temp.resolve("not-btrfs"));
    Run run = agent.folders(elsewhere).before(touch("hook")).run();
    assertFails(run, ExitCode.REFUSED, elsewhere.toString(), "not on btrfs", "\"tar\"");
    assertThat(temp.resolve("hook")).doesNotExist();
  }

  private String touch(String name) {
    return "touch " + temp.resolve(name);
  }

  @Test
  void aPreCommandThatFailsCancelsEverything() throws Exception {
    Run run = agent.before(touch("first"), "exit 3", touch("third")).after(touch("after")).run();
    assertFails(run, ExitCode.BEFORE_HOOK, "command 2 of \"executeBefore\"", "status 3");
    assertThat(temp.resolve("first")).exists();
    assertThat(temp.resolve("third")).doesNotExist();
    assertThat(temp.resolve("after")).doesNotExist();
  }

  @Test
  void aFilesystemWithoutRoomForSnapshots() throws Exception {
    try (LoopbackBtrfs small = LoopbackBtrfs.create(256L << 20)) {
      Path data = small.subvolume("data");
      long most = data.toFile().getUsableSpace() - (3 << 20);
      Command.run("fallocate", "-l", Long.toString(most), data.resolve("filler").toString());
      small.btrfs("filesystem", "sync", small.root().toString());
      String found = Command.run("find", small.root().toString());

      Run run = agent.folders(data).run();

      assertFails(run, ExitCode.SNAPSHOT, data.toString(), "has only", "make room");
      assertThat(Command.run("find", small.root().toString())).isEqualTo(found);
    }
  }

  @Test
  void aFullRemoteDisk() throws Exception {
    Path small = Files.createDirectory(temp.resolve("small-disk"));
    Command.run("mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", small.toString());
    try {
      Run run = agent.to(server, server.clientKey("ed25519"), server.knownHosts(), small).run();
      assertFails(run, ExitCode.STORAGE, small.toString(), "full");
      try (Stream<Path> files = Files.list(small)) {
        assertThat(files).isEmpty();
      }
    } finally {
      Command.run("umount", small.toString());
    }
  }

  @Test
  void aFullLocalDisk() throws Exception {
    Path small = Files.createDirectory(temp.resolve("small-disk"));
    Command.run("mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", small.toString());
    try {
      assertFails(agent.to(small).run(), ExitCode.STORAGE, small.toString(), "too full");
      try (Stream<Path> files = Files.list(small)) {
        assertThat(files).isEmpty();
      }
    } finally {
      Command.run("umount", small.toString());
    }
  }

  @Test
  void aTempfileThatSomebodyElsePlacedIsLeftAlone() throws Exception {
    Path victim = Files.writeString(temp.resolve("victim"), "untouched");
    Path tempfile = Files.createSymbolicLink(temp.resolve("backup.tar"), victim);
    Run run = agent.with("tempfile", AgentSetup.string(tempfile.toString())).run();
    assertFails(run, ExitCode.REFUSED, "tempfile " + tempfile, "exists already");
    assertThat(Files.readString(victim)).isEqualTo("untouched");
    assertThat(tempfile).isSymbolicLink();
  }

  @Test
  void aFullDiskForTheTempfile() throws Exception {
    Path small = Files.createDirectory(temp.resolve("small-disk"));
    Command.run("mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", small.toString());
    try {
      Run run = agent.with("tempfile", AgentSetup.string(small.resolve("a.tar").toString())).run();
      assertFails(run, ExitCode.STORAGE, "tempfile " + small.resolve("a.tar"), "No space left");
      try (Stream<Path> files = Files.list(small)) {
        assertThat(files).isEmpty();
      }
    } finally {
      Command.run("umount", small.toString());
    }
  }

  @Test
  void aFilesystemThatIsReadOnly() throws Exception {
    Command.run("mount", "-o", "remount,ro", btrfs.root().toString());
    try {
      assertFails(agent.run(), ExitCode.REFUSED, "read-only", "mount it writable");
    } finally {
      Command.run("mount", "-o", "remount,rw", btrfs.root().toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"btrfs-snapshot", "tar"})
  void aDamagedFileFailsTheRunByName(String strategy) throws Exception {
    try (LoopbackBtrfs damaged = LoopbackBtrfs.create(256L << 20)) {
      Path data = damaged.subvolume("data");
      byte[] content = new byte[1 << 20];
      new Random(7).nextBytes(content);
      Files.write(data.resolve("damaged"), content);
      Command.run("sync", "-f", data.toString());
      damage(damaged, content);

      Run run = agent.strategy(strategy).folders(data).run();

      assertFails(
          run,
          ExitCode.READ,
          "cannot read " + data.resolve("damaged"),
          "Input/output error",
          "no archive was published");
      assertThat(damaged.btrfs("subvolume", "list", "-s", damaged.root().toString())).isEmpty();
    }
  }

  /** Flips a byte of the file's only copy on the device, behind the filesystem's back. */
  private static void damage(LoopbackBtrfs damaged, byte[] content) {
    String script =
        """
        import mmap, sys
        needle = bytes.fromhex(sys.argv[2])
        with open(sys.argv[1], 'r+b', buffering=0) as device:
          size = device.seek(0, 2)
          at = -1
          for start in range(0, size, 1 << 24):
            device.seek(start)
            found = device.read((1 << 24) + len(needle)).find(needle)
            if found >= 0:
              at = start + found
              break
          assert at >= 0
          device.seek(at // 4096 * 4096)
          block = bytearray(device.read(4096))
          block[at % 4096] ^= 1
          device.seek(at // 4096 * 4096)
          device.write(block)
        """;
    StringBuilder needle = new StringBuilder();
    for (int i = 500_000; i < 500_032; i++) {
      needle.append(String.format("%02x", content[i]));
    }
    Command.run("/usr/bin/python3", "-c", script, damaged.device(), needle.toString());
    Command.run("sh", "-c", "sync; echo 3 > /proc/sys/vm/drop_caches");
  }

  @Test
  void aServerThatDiesInTheMiddleOfTheUpload() throws Exception {
    // The server's own disk is watched: as soon as part of the archive is there, its process is
    // killed.
    try (SshdServer dying = SshdServer.start()) {
      Thread killer =
          new Thread(() -> {
            while (partialBytes(dying.storage()) < 4 << 20 && !Thread.interrupted()) {
              Thread.onSpinWait();
            }
            dying.kill();
          });
      killer.start();
      // The rest takes long enough for it to be killed.
      Run run = agent.to(dying).retryFor("2s").bandwidthLimit("10M").run();
      killer.interrupt();
      killer.join();
      assertThat(run.status()).isIn(ExitCode.CONNECTION.number(), ExitCode.STORAGE.number());
      assertThat(run.errors()).isNotEmpty();
      assertThat(run.errors().getFirst()).contains("connection");
      assertThat(run.out()).doesNotContain("stored ");
      try (Stream<Path> files = Files.list(dying.storage())) {
        // Nobody is there to remove the partial files: they don't look like archives.
        assertThat(files.map(file -> file.getFileName().toString()))
            .allMatch(name -> name.startsWith(".") && name.endsWith(".part"));
      }
      assertThat(run.errors().getFirst()).contains(" are kept, and the next run goes on with them");
    }
    Run later = agent.to(server).run();
    assertThat(later.status()).isZero();
    assertThat(later.out()).contains("(the settings, or this program, have changed)");
    Command.run("find", server.storage().toString(), "-type", "f", "-delete");
  }

  private static long partialBytes(Path storage) {
    try (Stream<Path> files = Files.list(storage)) {
      List<Path> parts = files.filter(file -> file.toString().endsWith(".tar.part")).toList();
      return parts.isEmpty() ? 0 : Files.size(parts.getFirst());
    } catch (IOException e) {
      return 0;
    }
  }

  @Test
  void unreadableConfigurations() throws Exception {
    Path missing = temp.resolve("missing.conf");
    Run run = Commands.run(new PlasmaAgent(), "--config", missing.toString());
    assertFails(run, ExitCode.CONFIGURATION, missing.toString());

    assertFails(
        agent.with("folder", "[]").run(),
        ExitCode.CONFIGURATION,
        "plasma-agent.conf:",
        "\"folder\"");
  }
}
