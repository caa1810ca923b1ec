package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GapTest {

  @Test
  void alignsWhateverPositionWithRoomForAHeaderAndARecord() {
    for (long position = 0; position < 3 * 4096; position += 512) {
      int gap = Gap.before(position);
      assertThat((position + gap) % 4096).isZero();
      assertThat(gap).isNotEqualTo(512).isLessThanOrEqualTo(4096 + 512);
    }
    assertThat(Gap.before(4096)).isZero();
    assertThat(Gap.before(4096 - 512)).isEqualTo(4096 + 512);
    assertThat(Gap.before(1L << 40)).isZero();
  }

  /** Around the length of one header: a rest of one block has no room for a header of its own. */
  @ParameterizedTest
  @ValueSource(
      ints = {1024, 1536, 4096, 4608, 524_288, 524_800, 525_312, 1_048_576, 1_049_088, 4_194_304})
  void isFilledByHeadersThatEveryReaderSkips(int length) throws Exception {
    byte[] bytes = new byte[512 + length + 3 * 512];
    System.arraycopy(Gap.of(length), 0, bytes, 512, length);

    int at = 512;
    while (at < 512 + length) {
      assertThat(PaxParser.ofHeader(bytes, at)).containsOnlyKeys("comment");
      int size = Integer.parseInt(new String(bytes, at + 124, 11, StandardCharsets.US_ASCII), 8);
      assertThat(size).isLessThan(1024 * 1024);
      at += 512 + (int) Format.toBlocks(size);
    }
    assertThat(at).isEqualTo(512 + length);
    byte[] next = MemberHeader.encode(Entries.file("next", 0), 0);
    System.arraycopy(next, 0, bytes, at, next.length);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new ByteArrayInputStream(bytes, 512, bytes.length - 512))) {
      assertThat(tar.getNextEntry().getName()).isEqualTo("next");
    }
  }

  /** In the place of a hard link that is left out, which may be a single block. */
  @Test
  void aSingleBlockIsAHeaderWithoutRecords() throws Exception {
    byte[] bytes = new byte[4 * 512];
    System.arraycopy(Gap.of(512), 0, bytes, 0, 512);
    byte[] next = MemberHeader.encode(Entries.file("next", 0), 0);
    System.arraycopy(next, 0, bytes, 512, next.length);

    assertThat(PaxParser.ofHeader(bytes, 0)).isEmpty();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(bytes))) {
      assertThat(tar.getNextEntry().getName()).isEqualTo("next");
    }
  }
}
