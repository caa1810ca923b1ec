package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockChecksumsTest {

  private static final int BLOCK = BlockChecksums.BLOCK;

  @ParameterizedTest
  @ValueSource(ints = {1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 40 * BLOCK + 7})
  void everySampledBlockIsRecognised(int length) {
    byte[] content = new byte[length];
    new Random(length).nextBytes(content);
    BlockChecksums checksums = new BlockChecksums();
    for (int at = 0; at < length; at += 100_003) {
      checksums.update(ByteBuffer.wrap(content, at, Math.min(100_003, length - at)));
    }
    checksums.finish();
    int[] sample = checksums.sample(new SplittableRandom(1));
    int last = (length - 1) / BLOCK;
    assertThat(sample).contains(0, last).isSorted().doesNotHaveDuplicates();
    assertThat(sample).hasSizeLessThanOrEqualTo(18);
    for (int number : sample) {
      byte[] block =
          Arrays.copyOfRange(content, number * BLOCK, Math.min(length, (number + 1) * BLOCK));
      assertThat(checksums.matches(number, block, block.length)).isTrue();
      block[block.length / 2] ^= 1;
      assertThat(checksums.matches(number, block, block.length)).isFalse();
    }
  }

  @Test
  void nothingIsKnownOfBlocksOfWhichAnythingWasCopied() {
    byte[] content = new byte[10 * BLOCK];
    new Random(3).nextBytes(content);
    BlockChecksums checksums = new BlockChecksums();
    int from = 2 * BLOCK + 5;
    int to = 6 * BLOCK + 1;
    checksums.update(ByteBuffer.wrap(content, 0, from));
    checksums.skip(to - from);
    checksums.update(ByteBuffer.wrap(content, to, 9 * BLOCK - to));
    checksums.skip(BLOCK);
    checksums.finish();
    assertThat(checksums.within(content.length)).containsExactly(0, 1, 7, 8);
    assertThat(checksums.sample(new SplittableRandom(1))).contains(0, 8).containsOnly(0, 1, 7, 8);
    for (int number : checksums.within(content.length)) {
      byte[] block = Arrays.copyOfRange(content, number * BLOCK, (number + 1) * BLOCK);
      assertThat(checksums.matches(number, block, BLOCK)).isTrue();
    }
  }

  @Test
  void whatIsAllCopiedHasNoSamples() {
    BlockChecksums checksums = new BlockChecksums();
    checksums.skip(3 * BLOCK + 1);
    checksums.finish();
    assertThat(checksums.sample(new SplittableRandom(1))).isEmpty();
  }

  @Test
  void nothingHasNoSamples() {
    BlockChecksums checksums = new BlockChecksums();
    checksums.finish();
    assertThat(checksums.sample(new SplittableRandom(1))).isEmpty();
  }
}
