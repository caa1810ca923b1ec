package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.age.AgeFiles;
import io.plasmabackup.age.AgeFiles.KeyFile;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** An encrypted upload that is cut off is gone on with, and no two contents get the same key. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class EncryptedRecoveryTest {

  /** Header and nonce of a file with one recipient. */
  private static final int HEADER = 200;

  @TempDir Path temp;
  private LoopbackBtrfs btrfs;
  private SshdServer server;
  private KeyFile key;
  private AgentSetup agent;

  @BeforeEach
  void setUp() throws Exception {
    Requires.tool("age");
    btrfs = LoopbackBtrfs.create(512L << 20);
    server = SshdServer.start();
    Path folder = btrfs.subvolume("data");
    byte[] content = new byte[20 << 20];
    new Random(1).nextBytes(content);
    for (int i = 0; i < 5; i++) {
      Files.write(folder.resolve("large" + i), content);
    }
    key = AgeFiles.age(temp);
    agent =
        new AgentSetup(temp)
            .strategy("btrfs-snapshot")
            .folders(folder)
            .to(server)
            .with("encryption", "{\"recipients\": [" + AgentSetup.string(key.recipient()) + "]}");
  }

  @AfterEach
  void tearDown() throws Exception {
    server.close();
    btrfs.close();
  }

  private List<Path> stored(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(server.storage())) {
      return files.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }

  private List<Path> journal(String name) throws IOException {
    if (Files.notExists(agent.stateFolder())) {
      return List.of();
    }
    while (true) {
      try (Stream<Path> state = Files.walk(agent.stateFolder())) {
        return state.filter(path -> path.endsWith(name)).toList();
      } catch (UncheckedIOException changedMeanwhile) {
        // By the agent, which renames and deletes files.
        assertThat(changedMeanwhile).hasCauseInstanceOf(NoSuchFileException.class);
      }
    }
  }

  /** Kills the agent when so much is stored; what was stored by then. */
  private byte[] killAt(long bytes) throws Exception {
    Process process =
        Commands.agent(agent.file())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(temp.resolve("errors").toFile())
            .start();
    while (stored(".tar.age.part").isEmpty()
        || Files.size(stored(".tar.age.part").getFirst()) <= bytes) {
      assertThat(process.isAlive()).as("the agent still runs").isTrue();
      Thread.onSpinWait();
    }
    process.destroyForcibly().waitFor();
    return Files.readAllBytes(stored(".tar.age.part").getFirst());
  }

  private byte[] whole() throws Exception {
    Path archive = stored(".tar.age").getFirst();
    Command.run(
        "bash",
        "-c",
        "set -o pipefail; age -d -i \"$0\" \"$1\" | tar --compare --file=- --directory=/",
        key.file().toString(),
        archive.toString());
    Run verify =
        Commands.run(
            new PlasmaRestore(),
            "verify",
            "--from",
            server.storage().toString(),
            "--identity",
            key.file().toString(),
            "latest");
    assertThat(verify.err()).isEmpty();
    assertThat(verify.status()).isZero();
    assertThat(stored(".part")).isEmpty();
    assertThat(journal("key")).isEmpty();
    return Files.readAllBytes(archive);
  }

  /** What had not arrived when it was killed are zeros. */
  private static void assertBeginsWith(byte[] whole, byte[] part) {
    int arrived = 0;
    for (int i = 0; i < Math.min(part.length, whole.length); i++) {
      if (part[i] != 0) {
        arrived++;
        if (part[i] != whole[i]) {
          throw new AssertionError("other bytes at " + i);
        }
      }
    }
    assertThat(arrived).isGreaterThan(1 << 20);
  }

  @Test
  void killedInTheMiddleOfTheUploadItIsGoneOnWith() throws Exception {
    byte[] part = killAt(40 << 20);
    for (Path kept : journal("key")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
          .isEqualTo("rw-------");
    }
    assertThat(journal("key")).isNotEmpty();

    Run run = agent.run();

    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("going on with the run ", " are stored already");
    // Not only what was gone on with: all that had been sent came again as it was.
    byte[] whole = whole();
    assertThat(whole.length).isGreaterThan(part.length);
    assertBeginsWith(whole, part);
  }

  @Test
  void killedAgainAndAgain() throws Exception {
    byte[] first = killAt(20 << 20);
    byte[] second = killAt(40 << 20);
    byte[] third = killAt(60 << 20);

    Run run = agent.run();

    assertThat(run.status()).isZero();
    byte[] whole = whole();
    assertBeginsWith(whole, first);
    assertBeginsWith(whole, second);
    assertBeginsWith(whole, third);
  }

  @Test
  void whatIsReadOtherwiseThanBeforeGetsAnotherKey() throws Exception {
    Path live = Files.createDirectory(btrfs.root().resolve("data/a-live"));
    Path image = temp.resolve("image");
    Command.run("truncate", "-s", "16M", image.toString());
    Command.run("mkfs.ext4", "-q", image.toString());
    Command.run("mount", "-o", "loop", image.toString(), live.toString());
    try {
      Files.writeString(live.resolve("file"), "before");
      byte[] part = killAt(30 << 20);
      Files.writeString(live.resolve("file"), "now...");

      Run run = agent.run();

      assertThat(run.errors()).isEmpty();
      assertThat(run.err()).contains("what is encrypted anew gets another key");
      assertThat(run.status()).isZero();
      byte[] whole = whole();
      assertThat(Arrays.copyOf(whole, HEADER)).isNotEqualTo(Arrays.copyOf(part, HEADER));
      assertThat(Arrays.mismatch(whole, part)).isLessThan(HEADER);
    } finally {
      Command.run("umount", live.toString());
    }
  }

  @Test
  void withoutAllThatIsKnownItStartsOver() throws Exception {
    for (String lost : List.of("key", "sent")) {
      byte[] part = killAt(30 << 20);
      for (String name : List.of(lost, lost + ".copy")) {
        for (Path file : journal(name)) {
          byte[] content = Files.readAllBytes(file);
          content[content.length / 2] ^= 1;
          Files.write(file, content);
        }
      }

      Run run = agent.run();

      assertThat(run.err()).isEmpty();
      assertThat(run.out()).contains("what it was encrypted with is not known any more");
      assertThat(Arrays.mismatch(whole(), part)).isLessThan(HEADER);
      for (Path file : stored("")) {
        Files.delete(file);
      }
    }
  }

  @Test
  void aJournalThatCannotBeWrittenToMakesItForgetTheKey() throws Exception {
    Path small = Files.createDirectory(temp.resolve("state"));
    Command.run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", small.toString());
    try {
      // Full when the snapshots are made: a hook would be too early.
      Files.writeString(btrfs.root().resolve("data/small"), "small");
      agent.before("true");
      Process process =
          Commands.agent(agent.file())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(temp.resolve("errors").toFile())
              .start();
      while (journal("sent").isEmpty() && process.isAlive()) {
        Thread.onSpinWait();
      }
      Command.attempt("dd", "if=/dev/zero", "of=" + small.resolve("filler"), "bs=4k");
      assertThat(process.waitFor()).isZero();
      whole();
    } finally {
      Command.run("umount", small.toString());
    }
  }
}
