package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.LoopbackBtrfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/**
 * README's lines for {@code sha256sum}, as they stand there, of archives that the agent has made.
 */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ChecksumLineTest {

  private static final String START = "<!-- sha256sum -->\n```sh\n";
  private static final String END = "\n```\n<!-- /sha256sum -->\n";

  @TempDir private Path home;

  private static List<String> lines() throws IOException {
    String readme = Files.readString(Path.of("..", "README.md"));
    assertThat(readme).contains(START, END);
    return readme
        .substring(readme.indexOf(START) + START.length(), readme.indexOf(END))
        .lines()
        .toList();
  }

  /** How a shell line ended. */
  private record Said(int status, String output) {}

  private static Said shell(Path folder, String archive, String line) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", line).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(Map.of("archive", archive, "LC_ALL", "C"));
    Process shell = builder.start();
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(shell.waitFor(), output);
  }

  private static String newest(Path storage) throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.matches(".*\\.tar(\\.zst)?"))
          .max(String::compareTo)
          .orElseThrow();
    }
  }

  @Test
  void sayWhetherArchivesAreWhatTheyWere() throws Exception {
    Path storage = Files.createDirectory(home.resolve("storage"));
    Path folder = Files.createDirectory(home.resolve("folder"));
    // What stands in names must not be taken for the index's own keys.
    Files.writeString(
        folder.resolve("\"archive\":\"x\",\"sha256\":\"" + "0".repeat(64) + "\""), "");
    AgentSetup agent = new AgentSetup(home).strategy("tar").folders(folder).to(storage);
    assertThat(agent.run().status()).isZero();
    String plain = newest(storage);
    assertThat(agent.with("compression", "\"zstd\"").run().status()).isZero();
    String compressed = plain + ".zst";
    if (Files.notExists(storage.resolve(compressed))) {
      compressed = newest(storage);
    }
    String one = lines().get(0);
    String all = lines().get(1);
    assertThat(lines()).hasSize(2);

    assertThat(shell(storage, plain, one)).isEqualTo(new Said(0, plain + ": OK\n"));
    Said both = shell(storage, "", all);
    assertThat(both.status()).isZero();
    assertThat(both.output().lines())
        .containsExactlyInAnyOrder(plain + ": OK", compressed + ": OK");

    byte[] bytes = Files.readAllBytes(storage.resolve(compressed));
    bytes[bytes.length / 2] ^= 4;
    Files.write(storage.resolve(compressed), bytes);
    Said damaged = shell(storage, "", all);
    assertThat(damaged.status()).isEqualTo(1);
    assertThat(damaged.output()).contains(plain + ": OK\n", compressed + ": FAILED\n");
    assertThat(shell(storage, compressed, one).output()).contains(": FAILED\n");
  }

  @Test
  @Tag("loopback")
  void passOverWhatSharesBlocks() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path storage = Files.createDirectory(btrfs.root().resolve("storage"));
      Path folder = Files.createDirectory(btrfs.root().resolve("folder"));
      Files.write(folder.resolve("large"), new byte[1 << 20]);
      AgentSetup agent =
          new AgentSetup(home).strategy("btrfs-snapshot").folders(folder).to(storage);
      assertThat(agent.run().status()).isZero();
      String archive = newest(storage);

      Said said = shell(storage, archive, lines().get(0));

      assertThat(said.output()).contains("no properly formatted").doesNotContain(archive);
      assertThat(said.status()).isEqualTo(1);
    }
  }
}
