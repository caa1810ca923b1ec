package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A run's snapshots can stay until the next one has stored its archive. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class KeptSnapshotsTest {

  private static final String KEEP = "{\"keepLastSnapshot\": true}";

  private LoopbackBtrfs btrfs;
  private Path source;
  private AgentSetup agent;

  @BeforeEach
  void makeSource() throws IOException {
    Requires.loopback();
    btrfs = LoopbackBtrfs.create(2L << 30, "compress=zstd:3");
    source = btrfs.subvolume("home");
    Files.writeString(source.resolve("letter"), "first");
    agent =
        new AgentSetup(Files.createDirectory(btrfs.root().resolve("agent")))
            .strategy("btrfs-snapshot")
            .folders(source)
            .with("options", KEEP)
            .to(Files.createDirectory(btrfs.root().resolve("store")));
  }

  @AfterEach
  void removeSource() {
    btrfs.close();
  }

  /** The letter in each snapshot that there is. */
  private List<String> letters() throws IOException {
    Path home = source.resolve(".plasma-snapshots");
    if (!Files.exists(home)) {
      return List.of();
    }
    try (Stream<Path> runs = Files.list(home)) {
      return runs.map(run -> run.resolve("snapshot/letter")).map(KeptSnapshotsTest::text).toList();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void succeed() throws IOException {
    Run run = agent.run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  @Test
  void theNextRunTakesThemAway() throws Exception {
    succeed();
    assertThat(letters()).containsExactly("first");
    Files.writeString(source.resolve("letter"), "second");
    succeed();
    assertThat(letters()).containsExactly("second");
    agent.with("options", "{\"keepLastSnapshot\": false}");
    succeed();
    assertThat(letters()).isEmpty();
  }

  @Test
  void aRunThatFailsLeavesThem() throws Exception {
    succeed();
    Files.writeString(source.resolve("letter"), "second");
    Path store = btrfs.root().resolve("store");
    Files.move(store, btrfs.root().resolve("away"));
    Files.writeString(store, "no folder");
    Run failed = agent.run();
    assertThat(failed.status()).isNotZero();
    assertThat(letters()).containsExactly("first");
    Files.delete(store);
    Files.move(btrfs.root().resolve("away"), store);
    succeed();
    assertThat(letters()).containsExactly("second");
  }

  @Test
  void whatIsNotTheRunsSnapshotIsLeftAlone() throws Exception {
    succeed();
    Path home = source.resolve(".plasma-snapshots");
    Path run;
    try (Stream<Path> runs = Files.list(home)) {
      run = runs.findFirst().orElseThrow();
    }
    btrfs.btrfs("subvolume", "delete", run.resolve("snapshot").toString());
    Files.createDirectory(run.resolve("snapshot"));
    Files.writeString(run.resolve("snapshot/letter"), "mine");
    Run next = agent.run();
    assertThat(next.status()).isEqualTo(ExitCode.CLEANUP.number());
    assertThat(letters()).contains("mine");
  }
}
