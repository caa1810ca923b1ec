package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.Verified;
import io.plasmabackup.restore.Verifier;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verification finds whatever happened to an archive or its index: all of it in small ones. */
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class EveryBitTest {

  private static final int SAMPLES = 50;

  @TempDir private Path home;
  private Path storage = Path.of("");
  private Path folder = Path.of("");
  private final Random random = new Random(7);

  @BeforeEach
  void makeFolders() throws IOException {
    storage = Files.createDirectory(home.resolve("storage"));
    folder = Files.createDirectory(home.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
  }

  private Path backUp(String compression) throws IOException {
    AgentSetup agent =
        new AgentSetup(home)
            .strategy("tar")
            .folders(folder)
            .with("compression", compression)
            .to(storage);
    assertThat(agent.run().status()).isZero();
    return newest();
  }

  private Path newest() throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files
          .filter(file -> file.toString().matches(".*\\.tar(\\.zst)?"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static Path index(Path archive) {
    return Path.of(archive + ".index");
  }

  private boolean isRight(Path archive) throws Failure {
    try (Store store = LocalStore.open(storage)) {
      Verified verified = new Verifier(store, archive.getFileName().toString()).full();
      return verified.extent() == Verified.Extent.ALL;
    } catch (Failure e) {
      assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(ExitCode.DAMAGED);
      return false;
    }
  }

  private void assertFoundIf(Path archive, Path file, long bit) throws Exception {
    flip(file, bit);
    assertThat(isRight(archive)).as("bit %d of %s", bit, file.getFileName()).isFalse();
    flip(file, bit);
  }

  private static void flip(Path file, long bit) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, bit / 8);
      one.put(0, (byte) (one.get(0) ^ 1 << bit % 8)).rewind();
      channel.write(one, bit / 8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void everyBitOfASmallOne(String compression) throws Exception {
    Path archive = backUp(compression);
    for (Path file : new Path[] {archive, index(archive)}) {
      for (long bit = 0; bit < 8 * Files.size(file); bit++) {
        assertFoundIf(archive, file, bit);
      }
    }
    assertThat(isRight(archive)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void everyCutOfASmallOne(String compression) throws Exception {
    Path archive = backUp(compression);
    for (Path file : new Path[] {archive, index(archive)}) {
      byte[] good = Files.readAllBytes(file);
      for (int length = 0; length < good.length; length++) {
        Files.write(file, Arrays.copyOf(good, length));
        assertThat(isRight(archive)).as("%d bytes of %s", length, file.getFileName()).isFalse();
      }
      Files.write(file, Arrays.copyOf(good, good.length + 1));
      assertThat(isRight(archive)).isFalse();
      Files.write(file, good);
    }
    assertThat(isRight(archive)).isTrue();
  }

  /** All that is in no segment, and samples of the segments. */
  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void whatIsBetweenSegments(String compression) throws Exception {
    // One that fills several segments, and is followed by another.
    byte[] large = new byte[13 << 20];
    random.nextBytes(large);
    Files.write(folder.resolve("large"), Arrays.copyOf(large, large.length - 1234));
    Files.write(folder.resolve("more"), Arrays.copyOf(large, 5 << 20));
    Path archive = backUp(compression);
    byte[] good = Files.readAllBytes(archive);
    int found = 0;
    for (int at = 0; at < good.length; at += 512) {
      // Gaps begin so, and skippable frames.
      boolean gap =
          good[at + 156] == 'g' && new String(good, at, 3, StandardCharsets.US_ASCII).equals("pax");
      if (gap) {
        found++;
        for (long bit = 8L * at; bit < 8L * (at + 1024); bit += 97) {
          assertFoundIf(archive, archive, bit);
        }
      }
    }
    assertThat(found).isEqualTo(compression.contains("none") ? 2 : 0);
    for (long bit = 8L * (good.length - 40); bit < 8L * good.length; bit += 3) {
      assertFoundIf(archive, archive, bit);
    }
    sample(archive);
  }

  private void sample(Path archive) throws Exception {
    for (int i = 0; i < SAMPLES; i++) {
      assertFoundIf(archive, archive, random.nextLong(8 * Files.size(archive)));
      assertFoundIf(archive, index(archive), random.nextLong(8 * Files.size(index(archive))));
    }
    byte[] good = Files.readAllBytes(index(archive));
    for (int i = 0; i < SAMPLES; i++) {
      int length = random.nextInt(good.length);
      Files.write(index(archive), Arrays.copyOf(good, length));
      assertThat(isRight(archive)).as("an index of %d bytes", length).isFalse();
    }
    Files.write(index(archive), good);
    assertThat(isRight(archive)).isTrue();
  }
}
