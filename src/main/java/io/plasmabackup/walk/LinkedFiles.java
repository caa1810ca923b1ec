package io.plasmabackup.walk;

import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.RawPath;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files with several names of which some are still to come. Takes as little memory as can be, some
 * 40 bytes a file besides its file name: there may be millions.
 */
final class LinkedFiles {

  // A file's record: what it is and how its folder and it are called.
  private static final int INODE = 0;
  private static final int MISSING = INODE + Long.BYTES;
  private static final int FOLDER = MISSING + Integer.BYTES;
  private static final int DEVICE = FOLDER + Integer.BYTES;
  private static final int FLAGS = DEVICE + Integer.BYTES;
  private static final int LENGTH = FLAGS + 1;
  private static final int NAME = LENGTH + Integer.BYTES;

  /** Those that files are on: few. */
  private final List<DeviceNumber> devices = new ArrayList<>();

  /** Those that files have together: eight at most. */
  private final List<Set<Metadata.Flag>> flagSets = new ArrayList<>();

  /** Of files, and each folder's path, with its length before it, before its files. */
  private ByteBuffer records = ByteBuffer.allocate(4096);

  /**
   * Where a file's record is, and one more; 0 where none is. By linear probing, at most half full.
   */
  private int[] table = new int[64];

  private int size;

  /** Files whose records are of no use any more. */
  private int removed;

  /** That the last file was in. */
  private @Nullable RawPath folder;

  private int folderAt;

  /**
   * Under which name a file came first, and what its other names don't tell.
   *
   * @param missing names that haven't come
   */
  record First(RawPath name, Set<Metadata.Flag> flags, int missing) {}

  /** Remembers a file that came for the first time. */
  void add(FileStatus status, RawPath name, Set<Metadata.Flag> flags) {
    if (status.links() <= 1) {
      return;
    }
    RawPath parent = name.parent();
    byte[] path = parent.toBytes();
    byte[] fileName = name.fileName().toBytes();
    makeRoom(Math.addExact(Integer.BYTES + path.length, NAME + fileName.length));
    if (folder == null || !folder.equals(parent)) {
      folder = parent;
      folderAt = records.position();
      records.putInt(path.length).put(path);
    }
    int at = records.position();
    records
        .putLong(status.id().inode())
        .putInt(status.links() - 1)
        .putInt(folderAt)
        .putInt(index(devices, status.id().device()))
        .put((byte) index(flagSets, flags))
        .putInt(fileName.length)
        .put(fileName);
    if (++size > table.length / 2) {
      table = rehashed(2 * table.length);
    }
    insert(table, at);
  }

  /**
   * Where a file came earlier; null if it did not.
   *
   * @param live whether the file may get further names meanwhile; else it is forgotten with its
   *     last one, so that links within one folder, the common case, take up no memory
   */
  @Nullable First another(FileStatus status, boolean live) {
    if (status.links() <= 1) {
      return null;
    }
    int slot = slot(status.id());
    if (table[slot] == 0) {
      return null;
    }
    int at = table[slot] - 1;
    int missing = records.getInt(at + MISSING);
    First first = new First(name(at), flagSets.get(records.get(at + FLAGS)), missing);
    if (!live) {
      if (missing == 1) {
        remove(slot);
      } else {
        records.putInt(at + MISSING, missing - 1);
      }
    }
    return first;
  }

  /** How many are remembered. */
  int size() {
    return size;
  }

  private RawPath name(int at) {
    int folderStart = records.getInt(at + FOLDER);
    RawPath fileName = path(at + NAME, records.getInt(at + LENGTH));
    return path(folderStart + Integer.BYTES, records.getInt(folderStart)).resolve(fileName);
  }

  private RawPath path(int from, int length) {
    return RawPath.copyOf(Arrays.copyOfRange(records.array(), from, from + length));
  }

  private static <T> int index(List<T> few, T one) {
    int index = few.indexOf(one);
    if (index < 0) {
      index = few.size();
      few.add(one);
    }
    return index;
  }

  /** Where a file is in the table, or would be. */
  private int slot(FileId id) {
    int device = devices.indexOf(id.device());
    int slot = home(table, id.inode());
    while (table[slot] != 0
        && (records.getLong(table[slot] - 1 + INODE) != id.inode()
            || records.getInt(table[slot] - 1 + DEVICE) != device)) {
      slot = (slot + 1) & (table.length - 1);
    }
    return slot;
  }

  /** Where in a table a file is looked for first. */
  private static int home(int[] table, long inode) {
    // Fibonacci hashing: numbers that follow each other are spread.
    return (int) ((inode * 0x9E3779B97F4A7C15L) >>> 32) & (table.length - 1);
  }

  private void insert(int[] into, int at) {
    int slot = home(into, records.getLong(at + INODE));
    while (into[slot] != 0) {
      slot = (slot + 1) & (into.length - 1);
    }
    into[slot] = at + 1;
  }

  private int[] rehashed(int length) {
    int[] longer = new int[length];
    for (int entry : table) {
      if (entry != 0) {
        insert(longer, entry - 1);
      }
    }
    return longer;
  }

  private void remove(int slot) {
    size--;
    removed++;
    int mask = table.length - 1;
    int free = slot;
    for (int next = (free + 1) & mask; table[next] != 0; next = (next + 1) & mask) {
      // What would be looked for at the free place or before it goes there.
      int home = home(table, records.getLong(table[next] - 1 + INODE));
      if (((next - home) & mask) >= ((next - free) & mask)) {
        table[free] = table[next];
        free = next;
      }
    }
    table[free] = 0;
    if (size == 0) {
      records.clear();
      removed = 0;
      folder = null;
    }
  }

  private void makeRoom(int bytes) {
    if (records.remaining() >= bytes) {
      return;
    }
    if (removed > size) {
      dropRemoved();
    }
    if (records.remaining() < bytes) {
      int used = records.position();
      int least = Math.addExact(used, bytes);
      int length = (int) Math.max(least, Math.min(Integer.MAX_VALUE - 8, used * 3L / 2));
      records = ByteBuffer.wrap(Arrays.copyOf(records.array(), length)).position(used);
    }
  }

  /**
   * Moves the records that are of use together, in their order: files of one folder share its path.
   */
  private void dropRemoved() {
    int[] kept = Arrays.stream(table).filter(entry -> entry != 0).sorted().toArray();
    byte[] bytes = records.array();
    records.clear();
    Arrays.fill(table, 0);
    int lastFolder = -1;
    for (int entry : kept) {
      int from = entry - 1;
      int oldFolder = records.getInt(from + FOLDER);
      if (oldFolder != lastFolder) {
        lastFolder = oldFolder;
        folderAt = records.position();
        records.put(bytes, oldFolder, Integer.BYTES + records.getInt(oldFolder));
      }
      int at = records.position();
      records.put(bytes, from, NAME + records.getInt(from + LENGTH));
      records.putInt(at + FOLDER, folderAt);
      insert(table, at);
    }
    folder = null;
    removed = 0;
  }
}
