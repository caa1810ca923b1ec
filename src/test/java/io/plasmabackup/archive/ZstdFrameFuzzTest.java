package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A frame as it may be on a disk whose checksums fit all the same. */
class ZstdFrameFuzzTest {

  /** The number of bytes that are to be in the frame (3 bytes), and what was read. */
  @FuzzTest
  void anyBytes(byte[] bytes) {
    if (bytes.length < 3) {
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int contentSize = (in.getShort() & 0xffff) << 8 | (in.get() & 0xff);
    byte[] frame = Arrays.copyOfRange(bytes, in.position(), bytes.length);
    ByteBuffer read = ByteBuffer.wrap(frame);
    if (ZstdFrame.trim(read, contentSize)) {
      // zstd finds the same end, or nothing it would call a frame.
      long end = Zstd.findFrameCompressedSize(frame);
      assertThat(Zstd.isError(end) || end == read.position()).isTrue();
      checkContent(Arrays.copyOf(frame, read.position()), contentSize);
    } else {
      assertThat(read.position()).isZero();
    }
  }

  /**
   * Damaged as it may be: where it can be decompressed, it is what the archive's layout expects.
   */
  private static void checkContent(byte[] frame, int contentSize) {
    byte[] content = new byte[contentSize + 1];
    try {
      assertThat(Zstd.decompressByteArray(content, 0, content.length, frame, 0, frame.length))
          .isEqualTo(contentSize);
    } catch (ZstdException damaged) {
      assertThat(damaged).message().isNotEmpty();
    }
  }
}
