package io.plasmabackup.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.store.Chunk;
import java.nio.charset.StandardCharsets;

/** Whatever is left of a log, the chunks that are read follow each other. */
class ChunkLogFuzzTest {

  @FuzzTest
  void anyBytes(byte[] log) {
    check(new String(log, StandardCharsets.ISO_8859_1));
    StringBuilder checked = new StringBuilder();
    new String(log, StandardCharsets.ISO_8859_1)
        .lines()
        .forEach(
            line -> checked.append(line).append(' ').append(ChunkLog.checksum(line)).append('\n'));
    check(checked.toString());
  }

  private static void check(String log) {
    long end = 0;
    for (Chunk chunk : ChunkLog.parse(log)) {
      assertThat(chunk.offset()).isEqualTo(end);
      assertThat(chunk.length()).isPositive();
      assertThat(chunk.end()).isGreaterThan(chunk.offset());
      assertThat(chunk.sha256()).hasSize(32);
      end = chunk.end();
    }
  }
}
