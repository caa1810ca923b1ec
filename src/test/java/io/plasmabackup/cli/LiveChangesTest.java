package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that change while the strategy tar reads them. So that they do so in the midst of it, the
 * storage is frozen when it has the first of a large file; the agent soon waits, as it reads only
 * little ahead.
 */
@Tag("loopback")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LiveChangesTest {

  private static final int SIZE = 192 << 20;

  /** How much more of the file may have been read than is stored. */
  private static final int AHEAD = 32 << 20;

  /** Behind what has been read when the file changes. */
  private static final int SHORTER = SIZE - (16 << 20);

  private static LoopbackBtrfs storage;

  @TempDir Path temp;
  private Path folder;
  private Path large;
  private Path archives;

  @BeforeAll
  static void makeStorage() throws IOException {
    Requires.tool("fsfreeze");
    storage = LoopbackBtrfs.create(2L << 30);
  }

  @AfterAll
  static void endStorage() {
    storage.close();
  }

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
    large = folder.resolve("large");
    byte[] content = new byte[SIZE];
    Arrays.fill(content, (byte) 'U');
    Files.write(large, content);
    Files.writeString(folder.resolve("later"), "read after the large one");
    archives = Files.createTempDirectory(storage.root(), "archives");
  }

  /** A change of something in the folder. */
  private interface Change {
    void make() throws IOException;
  }

  /** Runs the agent, and makes the change when the large file is half read. */
  private Run backUpDuring(Change change) throws Exception {
    return backUpDuring(change, agent());
  }

  private AgentSetup agent() {
    return new AgentSetup(temp).strategy("tar").folders(folder).to(archives);
  }

  private Run backUpDuring(Change change, AgentSetup agent) throws Exception {
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<Run> run = thread.submit(() -> agent.run());
      while (storedBytes() == 0 && !run.isDone()) {
        Thread.onSpinWait();
      }
      Command.run("fsfreeze", "--freeze", storage.root().toString());
      try {
        assertThat(storedBytes()).as("frozen in time").isBetween(1L, (long) SHORTER - AHEAD);
        change.make();
      } finally {
        Command.run("fsfreeze", "--unfreeze", storage.root().toString());
      }
      return run.get();
    }
  }

  /** How much there is of an archive that isn't complete. */
  private long storedBytes() {
    try (Stream<Path> files = Files.list(archives)) {
      List<Path> parts = files.filter(file -> file.toString().endsWith(".tar.part")).toList();
      return parts.isEmpty() ? 0 : Files.size(parts.getFirst());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
  void whatChangesWhileItIsComparedHasAnExplanation() throws Exception {
    Requires.tool("mkfs.ext4");
    Path image = temp.resolve("image");
    Path outer = storage.subvolume("outer");
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
              .with(
                  "options",
                  "{\"changeDetection\": \"auto\", \"fullReadEvery\": \"0s\", \"reflink\": \"never\"}");
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
