package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A signal in the middle of an upload ends the agent soon, in order. */
@Tag("loopback")
class SignalTest {

  @TempDir Path temp;

  private LoopbackBtrfs btrfs;
  private SshdServer server;
  private AgentSetup agent;

  @BeforeEach
  void setUp() throws IOException {
    btrfs = LoopbackBtrfs.create(1L << 30);
    server = SshdServer.start();
    Path folder = btrfs.subvolume("data");
    byte[] content = new byte[40 << 20];
    new Random(1).nextBytes(content);
    for (int i = 0; i < 4; i++) {
      Files.write(folder.resolve("large" + i), content);
    }
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(folder).to(server);
  }

  @AfterEach
  void tearDown() throws Exception {
    server.close();
    btrfs.close();
  }

  private String snapshots() {
    return btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString());
  }

  /** Sends the signal when a part is stored; what the agent then says. */
  private String errorsAfter(String signal, int status, String... options) throws Exception {
    Path errors = temp.resolve("errors");
    // So that it isn't over before the signal has come.
    agent.bandwidthLimit("40M");
    ProcessBuilder builder =
        Commands.agent(agent.file())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(errors.toFile());
    builder.command().addAll(List.of(options));
    Process process = builder.start();
    while (partialBytes(server.storage()) < 8 << 20) {
      assertThat(process.isAlive()).as(() -> read(errors)).isTrue();
      Thread.onSpinWait();
    }
    assertThat(snapshots()).isNotEmpty();
    long start = System.nanoTime();
    Command.run("kill", "-" + signal, Long.toString(process.pid()));
    assertThat(process.waitFor()).isEqualTo(status);
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(15);
    return read(errors);
  }

  private List<String> stored() throws IOException {
    try (Stream<Path> files = Files.list(server.storage())) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void theNextRunGoesOn(String signal) throws Exception {
    String errors = errorsAfter(signal, ExitCode.SUSPENDED.number());

    assertThat(errors)
        .isEqualTo(
            "plasma-agent: stopped by a signal; the snapshots and what is stored so far are kept, and the next run goes on with it\n");
    assertThat(snapshots()).isNotEmpty();
    assertThat(stored()).hasSize(2).allMatch(name -> name.endsWith(".part"));

    Run run = agent.to(server).run();

    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains(" are stored already");
    assertThat(snapshots()).isEmpty();
    assertThat(stored()).hasSize(2).noneMatch(name -> name.endsWith(".part"));
    Path archive =
        server
            .storage()
            .resolve(
                stored().stream().filter(name -> name.endsWith(".tar")).findFirst().orElseThrow());
    Command.run("tar", "-df", archive.toString(), "-C", "/");
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void onDemandSnapshotsAndPartialFilesAreTakenAway(String signal, int status) throws Exception {
    String errors = errorsAfter(signal, status, "--no-resume");

    assertThat(errors).isEqualTo("plasma-agent: stopped by a signal; nothing was published\n");
    assertThat(snapshots()).isEmpty();
    assertThat(stored()).isEmpty();
  }

  private static long partialBytes(Path storage) throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      List<Path> parts = files.filter(file -> file.toString().endsWith(".tar.part")).toList();
      return parts.isEmpty() ? 0 : Files.size(parts.getFirst());
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
