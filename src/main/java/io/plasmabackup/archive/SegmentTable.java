package io.plasmabackup.archive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An earlier archive's segments by their keys: 64 bytes for each, in a few arrays. Of a key the
 * first half tells it from others: that is 128 bits of a SHA-256.
 */
final class SegmentTable {

  private static final int DIGEST = 32;
  private static final int FIRST_CAPACITY = 64;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** In the order in which they were added. */
  private long[] keys = new long[2 * FIRST_CAPACITY];

  private long[] offsets = new long[FIRST_CAPACITY];
  private int[] stored = new int[FIRST_CAPACITY];
  private int[] tar = new int[FIRST_CAPACITY];
  private byte[] digests = new byte[DIGEST * FIRST_CAPACITY];
  private int count;
  private long tarBytes;

  /** One more than the number of a segment, where its key's hash leads; 0 where there is none. */
  private int[] slots = new int[2 * FIRST_CAPACITY];

  /** Adds one; of two with the same key, either is as good. */
  void add(byte[] key, StoredSegment segment) {
    if (count == offsets.length) {
      grow();
    }
    keys[2 * count] = (long) LONG.get(key, 0);
    keys[2 * count + 1] = (long) LONG.get(key, Long.BYTES);
    offsets[count] = segment.offset();
    stored[count] = segment.stored();
    tar[count] = segment.tar();
    tarBytes += segment.tar();
    System.arraycopy(segment.sha256(), 0, digests, DIGEST * count, DIGEST);
    count++;
    enter(count);
  }

  private void grow() {
    keys = Arrays.copyOf(keys, 2 * keys.length);
    offsets = Arrays.copyOf(offsets, 2 * offsets.length);
    stored = Arrays.copyOf(stored, 2 * stored.length);
    tar = Arrays.copyOf(tar, 2 * tar.length);
    digests = Arrays.copyOf(digests, 2 * digests.length);
    slots = new int[2 * slots.length];
    for (int number = 1; number <= count; number++) {
      enter(number);
    }
  }

  private void enter(int number) {
    int slot = slot(keys[2 * number - 2]);
    while (slots[slot] != 0) {
      slot = next(slot);
    }
    slots[slot] = number;
  }

  /** A digest's bits are as good as any hash. */
  private int slot(long key) {
    return (int) key & (slots.length - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots.length - 1);
  }

  /** The segment with a key; null if there is none. */
  @Nullable StoredSegment find(byte[] key) {
    long first = (long) LONG.get(key, 0);
    long second = (long) LONG.get(key, Long.BYTES);
    for (int slot = slot(first); slots[slot] != 0; slot = next(slot)) {
      int at = slots[slot] - 1;
      if (keys[2 * at] == first && keys[2 * at + 1] == second) {
        return new StoredSegment(
            offsets[at],
            stored[at],
            tar[at],
            Arrays.copyOfRange(digests, DIGEST * at, DIGEST * (at + 1)));
      }
    }
    return null;
  }

  /** Bytes of tar in all that were added. */
  long tarBytes() {
    return tarBytes;
  }

  boolean isEmpty() {
    return count == 0;
  }
}
