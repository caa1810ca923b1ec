package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run leaves that is killed, and what the next one makes of it. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class RecoveryTest {

  @TempDir Path temp;
  private LoopbackBtrfs btrfs;
  private Path storage;
  private AgentSetup agent;

  @BeforeEach
  void setUp() throws IOException {
    btrfs = LoopbackBtrfs.create(512L << 20);
    Path folder = btrfs.subvolume("data");
    byte[] content = new byte[20 << 20];
    new Random(1).nextBytes(content);
    for (int i = 0; i < 4; i++) {
      Files.write(folder.resolve("large" + i), content);
    }
    storage = Files.createDirectory(temp.resolve("storage"));
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(folder).to(storage);
  }

  @AfterEach
  void tearDown() {
    btrfs.close();
  }

  private String snapshots() {
    return btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString());
  }

  private List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Something that has come so far that a run may be killed. */
  private interface Point {
    boolean isReached() throws IOException;
  }

  /** Starts the agent, and kills it there. */
  private void killAt(Point point) throws Exception {
    Process process =
        Commands.agent(agent.file())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(temp.resolve("errors").toFile())
            .start();
    while (!point.isReached()) {
      assertThat(process.isAlive()).as("the agent still runs").isTrue();
      Thread.onSpinWait();
    }
    process.destroyForcibly().waitFor();
  }

  private boolean partIsLongerThan(long bytes) throws IOException {
    for (String name : files(storage)) {
      if (name.endsWith(".tar.part")) {
        return Files.size(storage.resolve(name)) > bytes;
      }
    }
    return false;
  }

  private void nothingIsLeft() throws IOException {
    assertThat(snapshots()).isEmpty();
    assertThat(btrfs.root().resolve("data/.plasma-snapshots")).doesNotExist();
    assertThat(files(storage)).hasSize(2).noneMatch(name -> name.endsWith(".part"));
    try (Stream<Path> state = Files.walk(agent.stateFolder())) {
      // Beside how the runs have ended.
      assertThat(
              state
                  .filter(Files::isRegularFile)
                  .filter(file -> !file.getFileName().toString().startsWith("results.json")))
          .isEmpty();
    }
  }

  @Test
  void killedWhenTheSnapshotsAreMade() throws Exception {
    // To ask btrfs may take longer than the run.
    Path home = btrfs.root().resolve("data/.plasma-snapshots");
    killAt(() ->
        Files.exists(home)
            && files(home).stream()
                .anyMatch(run -> Files.exists(home.resolve(run).resolve("snapshot"))));

    assertThat(agent.run().status()).isZero();

    nothingIsLeft();
  }

  /** The one archive there is holds what the folder holds. */
  private void theArchiveIsWhole() throws IOException {
    String archive =
        files(storage).stream().filter(name -> name.endsWith(".tar")).findFirst().orElseThrow();
    Command.run("tar", "-df", storage.resolve(archive).toString(), "-C", "/");
    String index = Command.run("sh", "-c", "zstd -dcq \"$0\"", storage + "/" + archive + ".index");
    assertThat(index.lines().toList().getLast())
        .contains("\"archiveSize\":" + Files.size(storage.resolve(archive)));
  }

  @Test
  void killedWhenTheUploadHasJustBegun() throws Exception {
    killAt(() -> partIsLongerThan(0));
    assertThat(snapshots()).isNotEmpty();

    assertThat(agent.run().status()).isZero();

    nothingIsLeft();
    theArchiveIsWhole();
  }

  private void killInTheMiddle() throws Exception {
    killAt(() -> partIsLongerThan(30 << 20));
    assertThat(snapshots()).isNotEmpty();
  }

  @Test
  void killedInTheMiddleOfTheUploadItIsGoneOnWith() throws Exception {
    killInTheMiddle();
    // What comes later isn't in it.
    Path later = Files.writeString(btrfs.root().resolve("data/later"), "later");

    Run run = agent.run();

    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .containsPattern("going on with the run \\S+, which was cut off")
        .containsPattern("; [2-9][\\d,]{7,} bytes \\([\\d.]+ MiB\\) are stored already");
    nothingIsLeft();
    Files.delete(later);
    theArchiveIsWhole();
  }

  @Test
  void killedAgainAndAgain() throws Exception {
    for (int i = 1; i <= 4; i++) {
      long bytes = i * (16L << 20);
      killAt(() -> partIsLongerThan(bytes));
    }

    Run run = agent.run();

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains(" are stored already");
    nothingIsLeft();
    theArchiveIsWhole();
  }

  @Test
  void killedWhenItsArchiveHasItsName() throws Exception {
    killAt(() -> files(storage).stream().anyMatch(name -> name.endsWith(".tar")));

    Run run = agent.run();

    assertThat(run.status()).isZero();
    assertThat(snapshots()).isEmpty();
    assertThat(files(storage))
        .noneMatch(name -> name.endsWith(".part"))
        .filteredOn(name -> name.endsWith(".tar"))
        .hasSize(2);
  }

  @Test
  void onDemandTheUploadIsNotGoneOnWith() throws Exception {
    killInTheMiddle();

    Run run = agent.run("--no-resume");

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains(" is not gone on with (as --no-resume says)");
    nothingIsLeft();
    theArchiveIsWhole();
  }

  @Test
  void otherSettingsMakeItStartOver() throws Exception {
    killInTheMiddle();
    agent.with("exclude", "[\"*.o\"]");

    Run run = agent.run();

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(" is not gone on with (the settings, or this program, have changed)");
    nothingIsLeft();
    theArchiveIsWhole();
  }

  @Test
  void aSnapshotThatIsGoneMakesItStartOver() throws Exception {
    killInTheMiddle();
    Path home = btrfs.root().resolve("data/.plasma-snapshots");
    btrfs.btrfs(
        "subvolume", "delete", home.resolve(files(home).getFirst()).resolve("snapshot").toString());

    Run run = agent.run();

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains(" (not all of its snapshots are there any more)");
    nothingIsLeft();
    theArchiveIsWhole();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rm \"$0\"",
        "truncate -s 1000 \"$0\"",
        "mv \"$0\" \"$0.moved\"; ln -s \"$0.moved\" \"$0\"",
        "rm \"$0\"; truncate -s 100M \"$0\""
      })
  void aPartialFileThatIsNotWhatItWasMakesItStartOver(String damage) throws Exception {
    killInTheMiddle();
    Path part =
        storage.resolve(
            files(storage).stream()
                .filter(name -> name.endsWith(".tar.part"))
                .findFirst()
                .orElseThrow());
    Command.run("sh", "-c", damage, part.toString());

    Run run = agent.run();

    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.err())
        .contains(" is not what the run that was cut off had stored; the upload starts over");
    Files.deleteIfExists(Path.of(part + ".moved"));
    nothingIsLeft();
    theArchiveIsWhole();
  }

  @ParameterizedTest
  @ValueSource(strings = {"truncate -s -1M \"$0\"", "truncate -s +1M \"$0\""})
  void aPartialFileOfAnotherLengthIsGoneOnWith(String damage) throws Exception {
    killInTheMiddle();
    Path part =
        storage.resolve(
            files(storage).stream()
                .filter(name -> name.endsWith(".tar.part"))
                .findFirst()
                .orElseThrow());
    Command.run("sh", "-c", damage, part.toString());

    Run run = agent.run();

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    nothingIsLeft();
    theArchiveIsWhole();
  }

  @Test
  void whatIsReadOtherwiseThanBeforeMakesItStartOver() throws Exception {
    Path live = Files.createDirectory(btrfs.root().resolve("data/a-live"));
    Path image = temp.resolve("image");
    Command.run("truncate", "-s", "16M", image.toString());
    Command.run("mkfs.ext4", "-q", image.toString());
    Command.run("mount", "-o", "loop", image.toString(), live.toString());
    try {
      Files.writeString(live.resolve("file"), "before");
      killInTheMiddle();
      Files.writeString(live.resolve("file"), "now...");

      Run run = agent.run();

      assertThat(run.errors()).isEmpty();
      assertThat(run.err())
          .contains(
              "what is read now is not what an earlier run had read", "; the upload starts over");
      assertThat(run.status()).isZero();
      nothingIsLeft();
      theArchiveIsWhole();
    } finally {
      Command.run("umount", live.toString());
    }
  }

  @Test
  void aDamagedJournalDoesNoHarm() throws Exception {
    for (String name : List.of("run", "run.copy", "chunks")) {
      killInTheMiddle();
      Path file;
      try (Stream<Path> state = Files.walk(agent.stateFolder())) {
        file = state.filter(path -> path.endsWith(name)).findFirst().orElseThrow();
      }
      byte[] content = Files.readAllBytes(file);
      content[content.length / 2] ^= 1;
      Files.write(file, content);

      Run run = agent.run();

      assertThat(run.err()).isEmpty();
      assertThat(run.out()).contains(" are stored already");
      nothingIsLeft();
      theArchiveIsWhole();
      Command.run("find", storage.toString(), "-type", "f", "-delete");
    }
  }

  @Test
  void aJournalThatCannotBeReadIsTold() throws Exception {
    killInTheMiddle();
    Command.run(
        "sh",
        "-c",
        "for f in \"$0\"/*/*/run*; do echo damaged >$f; done",
        agent.stateFolder().toString());

    Run run = agent.run();

    assertThat(run.status()).isEqualTo(ExitCode.CLEANUP.number());
    assertThat(run.errors())
        .singleElement()
        .asString()
        .contains("is damaged", ".plasma-snapshots", "btrfs subvolume delete", storage.toString());
    assertThat(files(storage)).anyMatch(name -> name.endsWith(".tar"));
  }

  @Test
  void killedWhenTheTempfileIsWritten() throws Exception {
    Path tempfile = temp.resolve("archive.tar");
    agent.with("tempfile", AgentSetup.string(tempfile.toString()));
    killAt(() -> Files.exists(tempfile) && Files.size(tempfile) > 30 << 20);

    assertThat(agent.run().status()).isZero();

    nothingIsLeft();
    assertThat(tempfile).doesNotExist();
  }

  @Test
  void aTempfileThatIsSomebodyElsesByNowIsLeftAlone() throws Exception {
    Path tempfile = temp.resolve("archive.tar");
    agent.with("tempfile", AgentSetup.string(tempfile.toString()));
    killAt(() -> Files.exists(tempfile) && Files.size(tempfile) > 30 << 20);
    Files.move(tempfile, temp.resolve("moved"));
    Files.writeString(tempfile, "precious");

    Run run = agent.run();

    assertThat(run.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(run.err()).contains("tempfile " + tempfile + " exists already");
    assertThat(tempfile).hasContent("precious");
    assertThat(snapshots()).isEmpty();
  }

  @Test
  void aSnapshotThatIsNotTheOneThatWasMadeIsLeftAlone() throws Exception {
    killAt(() -> partIsLongerThan(0));
    Path home = btrfs.root().resolve("data/.plasma-snapshots");
    Path snapshot = home.resolve(files(home).getFirst()).resolve("snapshot");
    btrfs.btrfs("subvolume", "delete", snapshot.toString());
    Path other = btrfs.subvolume("other");
    btrfs.btrfs("subvolume", "snapshot", "-r", other.toString(), snapshot.toString());

    Run run = agent.run();

    assertThat(run.status()).isEqualTo(ExitCode.CLEANUP.number());
    assertThat(run.err()).contains(snapshot + " is not the snapshot that an earlier run made");
    assertThat(snapshot).exists();
    assertThat(files(storage)).anyMatch(name -> name.endsWith(".tar"));

    btrfs.btrfs("subvolume", "delete", snapshot.toString());
    assertThat(agent.run().status()).isZero();
    assertThat(home).doesNotExist();
    assertThat(files(storage)).hasSize(4).noneMatch(name -> name.endsWith(".part"));
  }

  @Test
  void twoRunsOfOneConfigurationAtOnce() throws Exception {
    Command.run("mkfifo", temp.resolve("started").toString());
    agent.before("echo >'" + temp.resolve("started") + "'; exec sleep 60");
    Process first = Commands.agent(agent.file()).start();
    try {
      Files.readString(temp.resolve("started"));

      Run second = agent.run();

      assertThat(second.status()).isEqualTo(ExitCode.BUSY.number());
      assertThat(second.err())
          .isEqualTo(
              "plasma-agent: another backup of this configuration is running; nothing was done, wait for its end\n");
    } finally {
      first.destroyForcibly().waitFor();
    }
    agent.before();
    assertThat(agent.run().status()).isZero();
  }
}
