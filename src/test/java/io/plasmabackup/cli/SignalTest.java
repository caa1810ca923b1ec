package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A signal in the middle of an upload ends the agent soon, in order. */
@Tag("loopback")
class SignalTest {

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void snapshotsAndPartialFilesAreTakenAway(String signal, int status) throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(1L << 30);
        SshdServer server = SshdServer.start()) {
      Path folder = btrfs.subvolume("data");
      byte[] content = new byte[50 << 20];
      new Random(1).nextBytes(content);
      for (int i = 0; i < 8; i++) {
        Files.write(folder.resolve("large" + i), content);
      }
      Path configuration =
          new AgentSetup(temp).strategy("btrfs-snapshot").folders(folder).to(server).file();
      Path errors = temp.resolve("errors");
      Process agent =
          Commands.agent(configuration)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(errors.toFile())
              .start();
      while (partialBytes(server.storage()) < 8 << 20) {
        assertThat(agent.isAlive()).as(() -> read(errors)).isTrue();
        Thread.onSpinWait();
      }
      assertThat(btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString())).isNotEmpty();
      long start = System.nanoTime();
      Command.run("kill", "-" + signal, Long.toString(agent.pid()));
      assertThat(agent.waitFor()).isEqualTo(status);

      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(15);
      assertThat(read(errors).lines())
          .containsExactly("plasma-agent: stopped by a signal; nothing was published");
      assertThat(btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString())).isEmpty();
      try (Stream<Path> files = Files.list(server.storage())) {
        assertThat(files).isEmpty();
      }
    }
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
