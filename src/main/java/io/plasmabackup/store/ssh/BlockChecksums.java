package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.apache.sshd.sftp.client.SftpClient.Handle;

/**
 * Checksums of a stream's blocks, to compare some of them with what was stored where nobody there
 * computes a digest. They find what storage and transport break; a server that lies is beyond them,
 * and beyond any check that reads only samples. Four bytes are kept for each block.
 */
final class BlockChecksums {

  /** Bytes in a block; the last one may be shorter. */
  static final int BLOCK = 256 * 1024;

  private static final int SAMPLES = 16;

  private final CRC32C current = new CRC32C();
  private int[] blocks = new int[1024];
  private int complete;
  private int inCurrent;

  /** Of which nothing is known, as the server has copied some of their bytes. */
  private final BitSet unknown = new BitSet();

  /** Adds all that remains in the buffer, and reads it to its end. */
  void update(ByteBuffer bytes) {
    int end = bytes.limit();
    while (bytes.position() < end) {
      int count = Math.min(end - bytes.position(), BLOCK - inCurrent);
      current.update(bytes.limit(bytes.position() + count));
      inCurrent += count;
      if (inCurrent == BLOCK) {
        completeBlock();
      }
    }
  }

  /** Passes by bytes that the server has copied. */
  void skip(long length) {
    long left = length;
    while (left > 0) {
      int count = (int) Math.min(left, BLOCK - inCurrent);
      unknown.set(complete);
      inCurrent += count;
      left -= count;
      if (inCurrent == BLOCK) {
        completeBlock();
      }
    }
  }

  private void completeBlock() {
    if (complete == blocks.length) {
      blocks = Arrays.copyOf(blocks, complete * 2);
    }
    blocks[complete++] = (int) current.getValue();
    current.reset();
    inCurrent = 0;
  }

  /** Ends the last block; nothing may be added afterwards. */
  void finish() {
    if (inCurrent > 0) {
      completeBlock();
    }
  }

  /**
   * The numbers of the first, the last and some random blocks that are known, in order, each once.
   */
  int[] sample(SplittableRandom random) {
    int[] known = within((long) complete * BLOCK);
    if (known.length == 0) {
      return known;
    }
    return IntStream.concat(
            IntStream.of(0, known.length - 1), random.ints(SAMPLES, 0, known.length))
        .map(at -> known[at])
        .sorted()
        .distinct()
        .toArray();
  }

  /**
   * The numbers of the blocks that were complete within the first {@code size} bytes, and are
   * known.
   */
  int[] within(long size) {
    return IntStream.range(0, (int) Math.min(complete, size / BLOCK))
        .filter(number -> !unknown.get(number))
        .toArray();
  }

  /**
   * Reads blocks back.
   *
   * @param size of the file, in bytes
   * @return what is not as it was, for people
   */
  Optional<String> difference(Sftp sftp, Handle file, int[] numbers, long size) throws IOException {
    byte[] block = new byte[BLOCK];
    for (int number : numbers) {
      long start = (long) number * BLOCK;
      int length = (int) Math.min(BLOCK, size - start);
      if (sftp.readFully(file, start, block, length) < length || !matches(number, block, length)) {
        return Optional.of("the " + length + " bytes at " + start + " differ");
      }
    }
    return Optional.empty();
  }

  /** Whether block {@code number} consisted of these bytes. */
  boolean matches(int number, byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue() == blocks[number];
  }
}
