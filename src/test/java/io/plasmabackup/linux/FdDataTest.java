package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.Fd.Use;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeakedFds.class)
class FdDataTest {

  private static final int SIZE = 3 * Scratch.DATA_BYTES + 7;

  @TempDir private Path folder;

  private Fd open(byte[] content) throws IOException {
    return open(Files.write(folder.resolve("file"), content));
  }

  private static Fd open(Path path) throws ErrnoException {
    return Fd.open(RawPath.of(path.toString()), Use.READ);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "0, 262144",
    "0, 262145",
    "1, 262144",
    "262143, 2",
    "0, 786439",
    "5, 600000",
    "786438, 1"
  })
  void readsWhatIsThere(int position, int length) throws IOException {
    byte[] content = random(SIZE);
    byte[] into = random(length + 20);
    byte[] expected = into.clone();
    System.arraycopy(content, position, expected, 10, length);
    try (Fd file = open(content)) {
      assertThat(file.read(position, into, 10, length)).isEqualTo(length);
    }
    assertThat(into).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 786440, 786439",
    "786438, 2, 1",
    "786439, 1, 0",
    "900000, 100, 0",
    "524288, 900000, 262151",
    "9223372036854775000, 5, 0",
    "0, 0, 0"
  })
  void readsLessAtTheEndOnly(long position, int length, int expected) throws IOException {
    byte[] into = new byte[900_000];
    try (Fd file = open(random(SIZE))) {
      assertThat(file.read(position, into, 0, length)).isEqualTo(expected);
    }
    assertThat(Arrays.copyOfRange(into, expected, into.length))
        .as("nothing behind what was read")
        .containsOnly(0);
  }

  @Test
  void readsOneFileInSeveralThreads() throws Exception {
    byte[] content = random(SIZE);
    try (Fd file = open(content);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        int position = i * 1000;
        results.add(
            threads.submit(() -> {
              byte[] into = new byte[SIZE - position];
              int length = file.read(position, into, 0, into.length);
              return length == into.length
                  && Arrays.equals(into, 0, length, content, position, SIZE);
            }));
      }
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
    }
  }

  @Test
  void readsAndSeeksBeyondFourGibibytes() throws IOException {
    long far = 5L << 30;
    Path path = folder.resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(far);
      file.write("far".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    byte[] into = new byte[10];
    try (Fd file = open(path)) {
      assertThat(file.status().size()).isEqualTo(far + 3);
      assertThat(file.read(far, into, 0, 10)).isEqualTo(3);
      assertThat(into).startsWith('f', 'a', 'r', 0);
      assertThat(file.nextData(0)).isEqualTo(far);
    }
  }

  /** 64 KiB are more than any filesystem's block. */
  @Test
  void findsDataAndHoles() throws IOException {
    int unit = 64 * 1024;
    Path path = folder.resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(2L * unit);
      file.write(random(unit));
      file.seek(5L * unit);
      file.write(random(unit));
      file.setLength(10L * unit);
    }
    try (Fd file = open(path)) {
      assertThat(file.nextData(0)).isEqualTo(2L * unit);
      assertThat(file.nextHole(0)).isZero();
      assertThat(file.nextHole(2L * unit)).isEqualTo(3L * unit);
      assertThat(file.nextData(2L * unit + 5)).isEqualTo(2L * unit + 5);
      assertThat(file.nextData(3L * unit)).isEqualTo(5L * unit);
      assertThat(file.nextData(6L * unit)).as("only a hole follows").isEqualTo(-1);
      assertThat(file.nextHole(6L * unit)).isEqualTo(6L * unit);
    }
  }

  @Test
  void endOfAFileIsAHole() throws IOException {
    try (Fd file = open(random(1000))) {
      assertThat(file.nextData(0)).isZero();
      assertThat(file.nextHole(0)).isEqualTo(1000);
      assertThat(file.nextData(1000)).isEqualTo(-1);
      assertThat(file.nextHole(1000)).isEqualTo(1000);
      assertThat(file.nextHole(5000)).as("after it was truncated").isEqualTo(5000);
    }
  }

  @Test
  void tellsWhereReadingFailed() throws IOException {
    try (Fd directory = open(folder)) {
      assertThatThrownBy(() -> directory.read(17, new byte[1], 0, 1))
          .isInstanceOf(ErrnoException.class)
          .hasMessage("cannot read " + folder + " at byte 17: " + Errno.EISDIR);
    }
  }
}
