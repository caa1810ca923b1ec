package io.plasmabackup.linux;

import java.util.Arrays;

/**
 * The names in a directory, without {@code .} and {@code ..}, in the order of their bytes. Takes as
 * little memory as can be, some 15 bytes a name besides the name itself: a directory may have
 * millions.
 */
public final class Listing {

  /** Of nothing. */
  public static final Listing EMPTY = new Builder().sorted();

  private static final int INODE = 0;
  private static final int DIRECTORY = INODE + Long.BYTES;
  private static final int LENGTH = DIRECTORY + 1;
  private static final int NAME = LENGTH + Short.BYTES;

  /** One record for each name: inode number, whether it is a directory, length, name. */
  private final byte[] records;

  /** Where each record starts. */
  private final int[] starts;

  private Listing(byte[] records, int[] starts) {
    this.records = records;
    this.starts = starts;
  }

  public int size() {
    return starts.length;
  }

  /**
   * The name at a place.
   *
   * @param index 0 to size()-1
   */
  public RawPath name(int index) {
    int from = nameStart(index);
    return RawPath.wrap(Arrays.copyOfRange(records, from, from + length(records, starts[index])));
  }

  private int nameStart(int index) {
    return starts[index] + NAME;
  }

  /**
   * The inode number that the directory has for a name: not that of the file itself where something
   * is mounted on it, or where it is the root of a subvolume.
   */
  public long inode(int index) {
    return (long) Bytes.LONG.get(records, starts[index] + INODE);
  }

  /** Whether it is known to be no directory; false where the filesystem doesn't tell. */
  public boolean isNoDirectory(int index) {
    return records[starts[index] + DIRECTORY] == 0;
  }

  /** Whether there is such a name. */
  public boolean contains(RawPath name) {
    return indexOf(name) >= 0;
  }

  /** The place of a name; where there is none, −1 − the place that it would have. */
  public int indexOf(RawPath name) {
    byte[] sought = name.shared();
    int low = 0;
    int high = starts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int from = nameStart(middle);
      int order =
          Arrays.compareUnsigned(
              records, from, from + length(records, starts[middle]), sought, 0, sought.length);
      if (order == 0) {
        return middle;
      } else if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1 - low;
  }

  /** Only those of the names that are {@code name}. */
  public Listing only(RawPath name) {
    Builder builder = new Builder();
    for (int i = 0; i < size(); i++) {
      if (name(i).equals(name)) {
        byte[] bytes = name.shared();
        builder.add(inode(i), isNoDirectory(i), bytes.length);
        System.arraycopy(bytes, 0, builder.records, builder.used - bytes.length, bytes.length);
      }
    }
    return builder.sorted();
  }

  private static int length(byte[] records, int start) {
    return Short.toUnsignedInt((short) Bytes.SHORT.get(records, start + LENGTH));
  }

  /** Collects names in any order. */
  static final class Builder {

    private byte[] records = new byte[4096];
    private int used;
    private int[] starts = new int[64];
    private int count;

    /**
     * Makes room for a name.
     *
     * @return where in {@link #records} its bytes are to be put
     */
    int add(long inode, boolean noDirectory, int length) {
      int end = Math.addExact(used, NAME + length);
      if (end > records.length) {
        records = Arrays.copyOf(records, grown(records.length, end));
      }
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, grown(count, count + 1));
      }
      Bytes.LONG.set(records, used + INODE, inode);
      records[used + DIRECTORY] = (byte) (noDirectory ? 0 : 1);
      Bytes.SHORT.set(records, used + LENGTH, (short) length);
      starts[count++] = used;
      int name = used + NAME;
      used = end;
      return name;
    }

    private static int grown(int size, int needed) {
      return Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8, size + (size >> 1) + 1L));
    }

    byte[] records() {
      return records;
    }

    /** What was added; this is of no use afterwards. */
    Listing sorted() {
      int[] order = Arrays.copyOf(starts, count);
      starts = new int[0];
      return new Listing(records, inOrder(order) ? order : merged(order));
    }

    private boolean inOrder(int[] order) {
      for (int i = 1; i < order.length; i++) {
        if (compare(order[i - 1], order[i]) > 0) {
          return false;
        }
      }
      return true;
    }

    /** Merges runs of growing length: java.util sorts no int by another order. */
    private int[] merged(int[] order) {
      int[] from = order;
      int[] to = new int[order.length];
      for (long width = 1; width < order.length; width *= 2) {
        for (long low = 0; low < order.length; low += 2 * width) {
          merge(
              from,
              to,
              (int) low,
              (int) Math.min(low + width, order.length),
              (int) Math.min(low + 2 * width, order.length));
        }
        int[] longer = to;
        to = from;
        from = longer;
      }
      return from;
    }

    private void merge(int[] from, int[] to, int low, int middle, int high) {
      int left = low;
      int right = middle;
      for (int i = low; i < high; i++) {
        boolean takeLeft =
            right == high || (left < middle && compare(from[left], from[right]) <= 0);
        to[i] = takeLeft ? from[left++] : from[right++];
      }
    }

    private int compare(int a, int b) {
      return Arrays.compareUnsigned(
          records,
          a + NAME,
          a + NAME + length(records, a),
          records,
          b + NAME,
          b + NAME + length(records, b));
    }
  }
}
