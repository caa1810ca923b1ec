package io.plasmabackup.archive;

import io.plasmabackup.linux.RawPath;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The records of a pax extended header: POSIX.1-2017, pax, "pax Extended Header". Each is {@code
 * "<length> <key>=<value>\n"} in bytes, the length counting itself.
 */
final class PaxRecords {

  private static final byte[] COMMENT = "comment".getBytes(StandardCharsets.US_ASCII);

  private final ByteArrayOutputStream records = new ByteArrayOutputStream(512);

  boolean isEmpty() {
    return records.size() == 0;
  }

  int length() {
    return records.size();
  }

  byte[] toBytes() {
    return records.toByteArray();
  }

  PaxRecords add(String key, String value) {
    return add(key, value.getBytes(StandardCharsets.UTF_8));
  }

  PaxRecords add(String key, RawPath value) {
    return add(key, value.toBytes());
  }

  PaxRecords add(String key, byte[] value) {
    return add(key.getBytes(StandardCharsets.UTF_8), value);
  }

  PaxRecords add(byte[] key, byte[] value) {
    int length = recordLength(key.length, value.length);
    records.writeBytes(Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
    records.write(' ');
    records.writeBytes(key);
    records.write('=');
    records.writeBytes(value);
    records.write('\n');
    return this;
  }

  /** The length's own digits count, and may make it one digit longer. */
  private static int recordLength(int key, int value) {
    int rest = key + value + 3;
    int length = rest + digits(rest);
    return digits(length) == digits(rest) ? length : rest + digits(length);
  }

  /**
   * Adds a comment, which every reader skips, so that all records together, in whole tar blocks,
   * take {@code blocks} blocks more than now without it.
   *
   * @param blocks at least 1
   */
  PaxRecords pad(int blocks) {
    long target = Format.toBlocks(records.size()) + (long) blocks * Format.BLOCK;
    // Filling the last block to its end would need a length that doesn't exist where its digits
    // change: any length
    // within the last block will do, and at most two lengths in a row are impossible.
    int wanted = (int) (target - records.size());
    for (int length = wanted; length > wanted - Format.BLOCK; length--) {
      int value = length - digits(length) - COMMENT.length - 3;
      if (value >= 0 && recordLength(COMMENT.length, value) == length) {
        byte[] spaces = new byte[value];
        Arrays.fill(spaces, (byte) ' ');
        return add(COMMENT, spaces);
      }
    }
    throw new AssertionError("no comment fills " + wanted + " bytes");
  }

  private static int digits(int number) {
    return Integer.toString(number).length();
  }
}
