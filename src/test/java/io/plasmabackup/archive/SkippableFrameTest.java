package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SkippableFrameTest {

  @Test
  void leadsFromEveryPositionToTheNextSegment() {
    for (int position = 1; position <= 4096; position++) {
      int length = SkippableFrame.before(position);
      assertThat((position + length) % 4096).isZero();
      assertThat(length)
          .isLessThan(4096 + 8)
          .satisfiesAnyOf(
              some -> assertThat(some).isZero(),
              some -> assertThat(some).isGreaterThanOrEqualTo(8));
      assertThat(SkippableFrame.of(length)).hasSize(length);
    }
    assertThat(SkippableFrame.before(1L << 40)).isZero();
  }

  @Test
  void decodersPassOverIt() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(Zstd.compress("one ".getBytes(StandardCharsets.US_ASCII)));
    file.writeBytes(SkippableFrame.of(8));
    file.writeBytes(SkippableFrame.of(4103));
    file.writeBytes(Zstd.compress("two".getBytes(StandardCharsets.US_ASCII)));
    try (ZstdInputStream in = new ZstdInputStream(new ByteArrayInputStream(file.toByteArray()))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo("one two");
    }
  }
}
