package io.plasmabackup.store.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * What a client sends: whatever it is, what is stored stays, and nothing comes to lie elsewhere.
 */
class SftpServerFuzzTest {

  private static final String STORED = "20260511-0200-weekly.tar";
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-05-12T10:00:00Z"), ZoneOffset.UTC);

  /** As much as one input may store. */
  private static final long MOST = 1 << 20;

  private static @Nullable Path temp;

  @BeforeAll
  static void makeFolder() throws IOException {
    Path made = Files.createTempDirectory("plasma-fuzz-");
    temp = made;
    Files.createDirectory(made.resolve("host1"));
    Files.writeString(made.resolve("host1").resolve(STORED), STORED);
    Files.writeString(made.resolve("host1").resolve("plasma-rotate.json"), "{}");
  }

  @AfterAll
  static void removeFolder() throws IOException {
    Path made = Objects.requireNonNull(temp);
    for (Path file : list(made.resolve("host1"))) {
      Files.delete(file);
    }
    Files.delete(made.resolve("host1"));
    Files.delete(made);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @FuzzTest
  void anyBytes(byte[] bytes) throws Exception {
    Path around = Objects.requireNonNull(temp);
    Path path = around.resolve("host1");
    Limits limits = new Limits(true, Duration.ofDays(7), 8, OptionalLong.of(MOST), 16, 0);
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    try (GuardedFolder folder = GuardedFolder.open(path, around, limits, CLOCK);
        SftpServer server = new SftpServer(folder, new ByteArrayInputStream(bytes), answers)) {
      server.serve();
    } catch (Failure failure) {
      assertThat(failure.exitCode()).isEqualTo(ExitCode.USAGE);
    }
    ByteBuffer packets = ByteBuffer.wrap(answers.toByteArray());
    while (packets.hasRemaining()) {
      int length = packets.getInt();
      packets.position(packets.position() + length);
    }
    assertThat(path.resolve(STORED)).hasContent(STORED);
    assertThat(path.resolve("plasma-rotate.json")).hasContent("{}");
    assertThat(list(around)).containsExactly(path);
    long stored = 0;
    for (Path file : list(path)) {
      String name = file.getFileName().toString();
      assertThat(GuardedName.parse(name)).as(name).isPresent();
      if (!name.equals(STORED) && !name.equals("plasma-rotate.json")) {
        stored += Files.size(file);
        Files.delete(file);
      }
    }
    assertThat(stored).isLessThanOrEqualTo(MOST);
  }
}
