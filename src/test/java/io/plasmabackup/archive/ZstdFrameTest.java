package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZstdFrameTest {

  /** Compressible, but not to nothing. */
  private static byte[] content(int length) {
    byte[] content = new byte[length];
    Random random = new Random(length);
    for (int i = 0; i < length; i++) {
      content[i] = (byte) (random.nextInt(4) * random.nextInt(3));
    }
    return content;
  }

  private static byte[] frame(byte[] content, boolean checksum) {
    try (ZstdCompressCtx compressor = new ZstdCompressCtx()) {
      return compressor.setLevel(3).setChecksum(checksum).setContentSize(true).compress(content);
    }
  }

  private static boolean isUsable(byte[] frame, int contentSize) {
    return ZstdFrame.trim(ByteBuffer.wrap(frame), contentSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 255, 256, 4096, 65_791, 65_792, 131_071, 131_072})
  void endsWhereTheDecoderStops(int length) {
    for (boolean checksum : new boolean[] {false, true}) {
      byte[] frame = frame(content(length), checksum);
      // Zeros follow, as on disk.
      ByteBuffer sector = ByteBuffer.wrap(Arrays.copyOf(frame, frame.length + 4095));
      assertThat(ZstdFrame.trim(sector, length)).isTrue();
      assertThat(sector.position()).isEqualTo(frame.length);
    }
  }

  @Test
  void blocksThatArentCompressedAreMeasuredToo() {
    byte[] noise = new byte[100_000];
    new Random(1).nextBytes(noise);
    byte[] zeros = new byte[100_000];
    for (byte[] content : new byte[][] {noise, zeros}) {
      ByteBuffer frame = ByteBuffer.wrap(frame(content, false));
      assertThat(ZstdFrame.trim(frame, content.length)).isTrue();
      assertThat(frame.hasRemaining()).isFalse();
    }
  }

  @Test
  void aFrameOfAnotherLengthIsRefused() {
    byte[] frame = frame(content(8192), false);
    assertThat(isUsable(frame, 8192)).isTrue();
    assertThat(isUsable(frame, 8191)).isFalse();
    assertThat(isUsable(frame, 4096)).isFalse();
    assertThat(isUsable(frame, 12_288)).isFalse();
  }

  /** A reader would need a window of unknown size, or the content's size isn't there. */
  @Test
  void aFrameThatIsNotASingleSegmentIsRefused() {
    byte[] content = content(8192);
    try (ZstdCompressCtx compressor = new ZstdCompressCtx()) {
      byte[] frame = compressor.setContentSize(false).compress(content);
      assertThat(isUsable(frame, content.length)).isFalse();
    }
    byte[] windowed = frame(content, false);
    windowed[4] &= ~0x20;
    assertThat(isUsable(windowed, content.length)).isFalse();
  }

  @Test
  void aFrameThatNeedsADictionaryIsRefused() {
    byte[] frame = frame(content(8192), false);
    frame[4] |= 0x01;
    assertThat(isUsable(frame, 8192)).isFalse();
  }

  @Test
  void everyPieceOfAFrameIsRefused() {
    byte[] frame = frame(content(3000), true);
    for (int length = 0; length < frame.length; length++) {
      assertThat(isUsable(Arrays.copyOf(frame, length), 3000)).as("%d bytes", length).isFalse();
    }
  }

  @Test
  void whatIsNoFrameIsRefusedWhateverItIs() {
    Random random = new Random(7);
    byte[] frame = frame(content(131_072), false);
    for (int i = 0; i < 20_000; i++) {
      byte[] broken = Arrays.copyOf(frame, random.nextInt(frame.length));
      for (int changes = random.nextInt(4); changes >= 0 && broken.length > 4; changes--) {
        broken[random.nextInt(Math.min(broken.length, 40))] = (byte) random.nextInt();
      }
      assertThatCode(() -> isUsable(broken, 131_072)).doesNotThrowAnyException();
    }
    assertThat(isUsable(SkippableFrame.of(100), 92)).isFalse();
  }
}
