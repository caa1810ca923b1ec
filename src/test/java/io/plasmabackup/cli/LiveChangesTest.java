package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.FaultyProxy;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that change while the strategy tar reads them. So that they do so in the midst of it, the
 * line to the server lets no more through when it has the first of a large file; the agent soon
 * waits, as it reads only little ahead.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LiveChangesTest {

  private static final int SIZE = 64 << 20;

  /** Where the file changes: behind what has been read when the line holds. */
  private static final int SHORTER = SIZE - (8 << 20);

  /**
   * How much comes through before the line holds, nearly all of it of the archive. Read is no more
   * than that, 12 MB that the server has yet to confirm, and the three buffers of one packing
   * thread, of 8.5 MiB each.
   */
  private static final int PASSED = 4 << 20;

  private static SshdServer server;

  @TempDir Path temp;
  private Path folder;
  private Path large;
  private Path archives;
  private FaultyProxy line;

  @BeforeAll
  static void startServer() {
    server = SshdServer.start();
  }

  @AfterAll
  static void endServer() {
    server.close();
  }

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
    large = folder.resolve("large");
    byte[] content = new byte[SIZE];
    Arrays.fill(content, (byte) 'U');
    Files.write(large, content);
    Files.writeString(folder.resolve("later"), "read after the large one");
    archives = Files.createTempDirectory(server.storage(), "archives");
    line = FaultyProxy.to(server.port());
  }

  @AfterEach
  void endLine() throws IOException {
    line.close();
  }

  /** A change of something in the folder. */
  private interface Change {
    void make() throws IOException;
  }

  /** Runs the agent, and makes the change when part of the large file is read. */
  private Run backUpDuring(Change change) throws Exception {
    return backUpDuring(change, agent());
  }

  private AgentSetup agent() throws IOException {
    return new AgentSetup(temp)
        .strategy("tar")
        .folders(folder)
        .with("compression", "{\"type\": \"none\", \"threads\": 1}")
        .to(server, line, archives)
        .connections(1);
  }

  private Run backUpDuring(Change change, AgentSetup agent) throws Exception {
    line.holdAfter(PASSED);
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<Run> run = thread.submit(() -> agent.run());
      try {
        while (!line.isHolding() && !run.isDone()) {
          Thread.sleep(1);
        }
        assertThat(line.isHolding()).as("held in the midst of it").isTrue();
        change.make();
      } finally {
        line.goOn();
      }
      return run.get();
    }
  }

  private static void assertNoted(Run run, String... notes) {
    assertThat(run.status()).isEqualTo(ExitCode.CHANGED_WHILE_READ.number());
    assertThat(run.err().lines())
        .containsExactlyElementsOf(
            Stream.of(notes).map(note -> "plasma-agent: warning: " + note).toList());
    assertThat(run.out()).contains("stored ");
  }

  /** The folder as GNU tar restores it. */
  private Path restored() throws IOException {
    Path target = Files.createDirectory(temp.resolve("restored"));
    try (Stream<Path> files = Files.list(archives)) {
      Path archive = files.filter(file -> file.toString().endsWith(".tar")).findFirst().get();
      Command.run("tar", "-xf", archive.toString(), "-C", target.toString());
    }
    return target.resolve(folder.toString().substring(1));
  }

  /** That the large file has its listed size, of which {@code left} bytes are its own. */
  private static void assertLarge(Path restored, int left) throws IOException {
    byte[] expected = new byte[SIZE];
    Arrays.fill(expected, 0, left, (byte) 'U');
    assertThat(Arrays.mismatch(Files.readAllBytes(restored.resolve("large")), expected))
        .as("first byte that differs")
        .isEqualTo(-1);
  }

  /** Behind what was read, in place. */
  private void overwriteEnd() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.seek(SHORTER);
      file.write(new byte[SIZE - SHORTER]);
    }
  }

  /** For only one to be there in the end. */
  private void removeArchives() throws IOException {
    Command.run("sh", "-c", "rm \"$0\"/*", archives.toString());
  }

  @Test
  void nothingIsCopiedOfALiveFolder() throws Exception {
    AgentSetup agent = agent().with("options", "{\"changeDetection\": \"auto\"}");
    assertThat(agent.run().status()).isZero();
    assertThat(agent.run().out()).doesNotContain("copied");
    removeArchives();

    Run run = backUpDuring(this::overwriteEnd, agent);

    assertNoted(run, large + " changed while it was read");
    assertLarge(restored(), SHORTER);
  }

  /** Where a folder has another filesystem, that is read live whatever the strategy. */
  @Test
  @Tag("loopback")
  void whatChangesWhileItIsComparedHasAnExplanation() throws Exception {
    Requires.tool("mkfs.ext4");
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path image = temp.resolve("image");
      Path outer = btrfs.subvolume("outer");
      Path inner = Files.createDirectory(outer.resolve("inner"));
      Command.run("truncate", "-s", "256M", image.toString());
      Command.run("mkfs.ext4", "-q", image.toString());
      Command.run("mount", "-o", "loop", image.toString(), inner.toString());
      try {
        Files.move(large, inner.resolve("large"));
        large = inner.resolve("large");
        AgentSetup agent =
            agent()
                .strategy("btrfs-snapshot")
                .folders(outer)
                .with("options", "{\"changeDetection\": \"auto\", \"fullReadEvery\": \"0s\"}");
        assertThat(agent.run().status()).isZero();

        Run run = backUpDuring(this::overwriteEnd, agent);

        assertThat(run.out()).contains("everything is read this time");
        assertThat(run.err())
            .contains(large + " changed while it was read")
            .doesNotContain("keep both archives");
        assertThat(run.status()).isEqualTo(ExitCode.CHANGED_WHILE_READ.number());
      } finally {
        Command.run("umount", inner.toString());
      }
    }
  }

  @Test
  void aFileThatShrinksEndsInZeros() throws Exception {
    Run run = backUpDuring(() -> Command.run("truncate", "-s", "" + SHORTER, large.toString()));

    assertNoted(run, large + " changed while it was read");
    assertLarge(restored(), SHORTER);
  }

  @Test
  void aFileThatGrowsIsCut() throws Exception {
    Run run = backUpDuring(() -> Files.write(large, new byte[999], StandardOpenOption.APPEND));

    assertNoted(run, large + " changed while it was read");
    assertLarge(restored(), SIZE);
  }

  @Test
  void aFileThatIsRemovedWhileItIsReadIsCompleteAndNoted() throws Exception {
    Run run = backUpDuring(() -> Files.delete(large));

    assertNoted(run, large + " changed while it was read");
    assertLarge(restored(), SIZE);
  }

  @Test
  void aFileThatVanishesBeforeItIsReadIsNotInTheArchive() throws Exception {
    Path later = folder.resolve("later");

    Run run = backUpDuring(() -> Files.delete(later));

    assertNoted(run, later + " vanished while its folder was read; it is not in the archive");
    Path restored = restored();
    assertLarge(restored, SIZE);
    assertThat(restored.resolve("later")).doesNotExist();
  }

  @Test
  void aFileThatIsReplacedBeforeItIsReadIsArchivedAsItIsThen() throws Exception {
    Path later = folder.resolve("later");

    Run run =
        backUpDuring(() -> {
          Files.delete(later);
          Files.createSymbolicLink(later, large);
        });

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(Files.readSymbolicLink(restored().resolve("later"))).isEqualTo(large);
  }
}
