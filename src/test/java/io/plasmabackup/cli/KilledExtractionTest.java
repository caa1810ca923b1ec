package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An extraction that is killed at random moments, again and again: whatever has its name is
 * complete, and the same command goes on until all is there.
 */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class KilledExtractionTest {

  private static final int FOLDERS = 30;
  private static final int FILES = 50;
  private static final int LARGE_EVERY = 10;
  private static final int KILLS = 3;
  private static final FileTime OLD = FileTime.from(Instant.EPOCH);

  @TempDir private Path home;
  private final Random random = new Random(11);

  private Path makeFolder() throws IOException {
    Path folder = Files.createDirectory(home.resolve("folder"));
    for (int i = 0; i < FOLDERS; i++) {
      Path sub = Files.createDirectory(folder.resolve("folder-%02d".formatted(i)));
      for (int j = 0; j < FILES; j++) {
        byte[] content = new byte[random.nextInt(j % LARGE_EVERY == 0 ? 600_000 : 5000) + 1];
        random.nextBytes(content);
        Files.write(sub.resolve("file-%02d".formatted(j)), content);
      }
      Files.createSymbolicLink(sub.resolve("link"), Path.of("file-00"));
      Files.createLink(sub.resolve("z hard link"), sub.resolve("file-01"));
    }
    return folder;
  }

  @ParameterizedTest
  @CsvSource({"none, never", "zstd, never", "none, always", "zstd, always"})
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void goesOn(String compression, String overwrite) throws Exception {
    Path folder = makeFolder();
    Path storage = Files.createDirectory(home.resolve("storage"));
    Run backup =
        new AgentSetup(home)
            .strategy("tar")
            .folders(folder)
            .with("compression", '"' + compression + '"')
            .to(storage)
            .run();
    assertThat(backup.status()).isZero();
    Path target = Files.createDirectory(home.resolve("target"));
    Path restored = target.resolve(folder.toString().substring(1));
    List<Path> files = files(folder);
    if (overwrite.equals("always")) {
      for (Path file : files) {
        Path there = restored.resolve(folder.relativize(file));
        Files.createDirectories(there.getParent());
        Files.writeString(there, "old");
        Files.setLastModifiedTime(there, OLD);
      }
    }
    String[] arguments = {
      "extract",
      "latest",
      "--from",
      storage.toString(),
      "--to",
      target.toString(),
      "--overwrite",
      overwrite
    };

    for (int kill = 0; kill < KILLS; kill++) {
      Path until = restored.resolve(folder.relativize(files.get(random.nextInt(files.size()))));
      Process process =
          new ProcessBuilder(Commands.restore(arguments))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      while (process.isAlive() && !isNew(until)) {
        Thread.sleep(5);
      }
      process.destroyForcibly().waitFor();
      assertNothingHalf(folder, restored, overwrite);
    }

    Run last = Commands.run(new PlasmaRestore(), arguments);
    assertThat(last.err()).isEmpty();
    assertThat(last.status()).isZero();
    assertThat(TreeComparison.withRestored(folder, restored)).isEmpty();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return new ArrayList<>(
          all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
              .sorted()
              .toList());
    }
  }

  private static boolean isNew(Path file) throws IOException {
    return Files.exists(file) && !Files.getLastModifiedTime(file).equals(OLD);
  }

  private static void assertNothingHalf(Path folder, Path restored, String overwrite)
      throws IOException {
    if (Files.notExists(restored)) {
      return;
    }
    for (Path file : files(restored)) {
      if (file.getFileName().toString().startsWith(".plasma-restore-")) {
        assertThat(overwrite).isEqualTo("always");
      } else if (isNew(file)) {
        Path original = folder.resolve(restored.relativize(file));
        assertThat(Files.mismatch(file, original)).as(file.toString()).isEqualTo(-1);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(Files.getLastModifiedTime(original));
      } else {
        assertThat(file).hasContent("old");
      }
    }
  }
}
