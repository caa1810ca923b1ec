package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.FaultyProxy;
import io.plasmabackup.testing.FaultyProxy.Fault;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.PythonScript;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is copied from on a server gets lost, or the connection, at a chosen moment in between. The
 * archive is what reading everything makes, be it in the same run or the next one.
 */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LostSourceTest {

  private static final int FILES = 8;

  /** Large enough to stand alone: every second one changes, so that each other is copied alone. */
  private static final int SIZE = 5 << 20;

  @TempDir Path temp;
  private final Random random = new Random(11);
  private LoopbackBtrfs btrfs;
  private Path folder;
  private SshdServer server;
  private FaultyProxy proxy;
  private AgentSetup agent;
  private Path command;
  private Path happened;
  private Path source;

  /** With an archive that is the source of the next one. */
  @BeforeEach
  void begin() throws IOException {
    Requires.loopback();
    btrfs = LoopbackBtrfs.create(1L << 30);
    folder = Files.createDirectory(btrfs.subvolume("data").resolve("folder"));
    for (int i = 0; i < FILES; i++) {
      write(i);
    }
    command = temp.resolve("command");
    happened = temp.resolve("happened");
    Path sftpServer = Requires.tool("/usr/lib/openssh/sftp-server");
    server =
        SshdServer.start(
            "Subsystem sftp "
                + String.join(
                    " ",
                    PythonScript.command(
                        "meddling-sftp-server.py",
                        command.toString(),
                        happened.toString(),
                        sftpServer.toString())));
    proxy = FaultyProxy.to(server.port());
    agent =
        new AgentSetup(temp)
            .strategy("btrfs-snapshot")
            .folders(folder)
            .with("options", "{\"changeDetection\": \"auto\"}")
            .to(server, proxy, server.storage());
    assertThat(agent.run().status()).isZero();
    source = archives().getFirst();
    change();
  }

  private void change() throws IOException {
    for (int i = 1; i < FILES; i += 2) {
      write(i);
    }
  }

  private void write(int number) throws IOException {
    byte[] content = new byte[SIZE];
    random.nextBytes(content);
    Files.write(folder.resolve("file-" + number), content);
  }

  @AfterEach
  void end() throws IOException {
    proxy.close();
    server.close();
    btrfs.close();
  }

  private List<Path> archives() throws IOException {
    try (Stream<Path> files = Files.list(server.storage())) {
      return files.filter(file -> file.toString().endsWith(".tar")).sorted().toList();
    }
  }

  /** From now on this happens when its time has come; see meddling-sftp-server.py. */
  private void arm(String when, String line) throws IOException {
    Files.writeString(command, "# " + when + "\nset -e\n" + line + "\n");
  }

  /** That there is one more archive, which is what reading everything makes, and nothing else. */
  private void assertRight() throws IOException {
    Path archive =
        archives().stream().filter(path -> !path.equals(source)).findFirst().orElseThrow();
    Path store = Files.createDirectory(temp.resolve("read"));
    Run read =
        new AgentSetup(Files.createDirectory(temp.resolve("reading")))
            .strategy("btrfs-snapshot")
            .folders(folder)
            .to(store)
            .run();
    assertThat(read.status()).isZero();
    try (Stream<Path> files = Files.list(store)) {
      Path expected = files.filter(file -> file.toString().endsWith(".tar")).findFirst().get();
      assertThat(Files.mismatch(archive, expected)).isEqualTo(-1);
    }
    assertThat(verify(archive).status()).isZero();
    try (Stream<Path> files = Files.list(server.storage())) {
      assertThat(files.filter(file -> file.toString().endsWith(".part"))).isEmpty();
    }
    assertThat(btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString())).isEmpty();
  }

  private Run verify(Path archive) {
    return Commands.run(
        new PlasmaRestore(),
        "verify",
        archive.getFileName().toString(),
        "--from",
        server.storage().toString());
  }

  @ParameterizedTest
  @CsvSource({
    "rm SOURCE, it is gone",
    "cp SOURCE SOURCE.new; mv SOURCE.new SOURCE, it has changed",
    "rm SOURCE; mkdir SOURCE, it has changed"
  })
  void isLostBeforeAnythingIsCopied(String line, String why) throws Exception {
    // As seen by a server, times have no fractions.
    Command.run("touch", "-d", "-1 hour", source.toString());
    // First the run reads it, then the server copies from it.
    arm("open 2", line.replace("SOURCE", source.toString()));
    Run run = agent.run();
    assertThat(happened).exists();
    assertThat(run.status()).isZero();
    assertThat(run.err())
        .hasLineCount(1)
        .contains(
            "cannot copy from an earlier archive", why, "starts over, and everything is read");
    assertThat(run.out()).doesNotContain("were copied");
    Command.run("rm", "-rf", source.toString());
    assertRight();
  }

  @Test
  void isCutInTheMiddle() throws Exception {
    arm("copy 2", "truncate -s 0 " + source);
    Run run = agent.run();
    assertThat(happened).exists();
    assertThat(run.status()).isZero();
    assertThat(run.err()).hasLineCount(1).contains("starts over, and everything is read");
    assertRight();
  }

  /** Who has it open goes on with it. */
  @ParameterizedTest
  @ValueSource(
      strings = {"rm SOURCE", "head -c 50M /dev/urandom >SOURCE.new; mv SOURCE.new SOURCE"})
  void isDeletedOrReplacedInTheMiddle(String line) throws Exception {
    arm("copy 2", line.replace("SOURCE", source.toString()));
    Run run = agent.run();
    assertThat(happened).exists();
    assertThat(run.status()).isZero();
    if (run.err().isEmpty()) {
      assertThat(run.out()).contains("were copied from");
    } else {
      // Over a further connection.
      assertThat(run.err()).hasLineCount(1).contains("starts over, and everything is read");
    }
    assertRight();
  }

  /** With the same size, and what was copied before may be what it was, or not. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void isWrittenToInTheMiddle(int copy) throws Exception {
    Command.run("touch", "-d", "-1 hour", source.toString());
    arm("copy " + copy, "printf x | dd of=" + source + " bs=1 seek=30000000 conv=notrunc");
    Run run = agent.run();
    assertThat(happened).exists();
    assertThat(run.status()).isZero();
    assertThat(run.err())
        .hasLineCount(1)
        // Over a further connection.
        .containsAnyOf("was written to meanwhile", "it has changed")
        .contains("starts over, and everything is read");
    assertRight();
  }

  /** While the server is about to copy, does something else, and lets it go on. */
  private Run during(String when, Interference interference) throws Exception {
    Path go = temp.resolve("go");
    arm(when, "while [ ! -e " + go + " ]; do sleep 0.05; done");
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<Run> run = thread.submit(() -> agent.run());
      while (!Files.exists(happened) && !run.isDone()) {
        Thread.onSpinWait();
      }
      assertThat(happened).exists();
      try {
        interference.happen();
      } finally {
        Files.createFile(go);
      }
      return run.get();
    }
  }

  private interface Interference {
    void happen() throws IOException;
  }

  @Test
  void theConnectionIsCutInTheMiddle() throws Exception {
    Run run = during("copy 3", () -> proxy.breakNow(Fault.RESET));
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("nobody here can tell", "the upload starts over");
    assertThat(run.out()).doesNotContain("were copied");
    assertRight();
  }

  /** The last of what is copied is not there yet, but 30 MB are. */
  private void suspend() throws Exception {
    agent.retryFor("1s");
    Run run = during("copy 4", () -> server.kill());
    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("the next run goes on with them");
    assertThat(archives()).containsExactly(source);
    server.configure();
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "rm SOURCE", "rm SOURCE SOURCE.index", "truncate -s 1000 SOURCE"})
  void aRunThatIsGoneOnWithNeedsItNoMore(String line) throws Exception {
    suspend();
    Command.run("sh", "-c", line.replace("SOURCE", source.toString()));
    Run run = agent.run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("going on with", "are stored already").doesNotContain("copied");
    assertRight();
  }

  /** What was copied is what the source's disk made of it. */
  @Test
  void aRunThatIsGoneOnWithFindsOutWhatWasCopiedWrong() throws Exception {
    // In the data of the file that is copied first.
    Command.run(
        "dd", "if=/dev/urandom", "of=" + source, "bs=1000", "seek=2000", "count=1", "conv=notrunc");
    suspend();
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).hasLineCount(1).contains("starts over");
    assertRight();
  }
}
