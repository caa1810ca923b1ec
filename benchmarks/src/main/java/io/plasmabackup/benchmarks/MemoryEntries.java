package io.plasmabackup.benchmarks;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Content;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Item;
import io.plasmabackup.walk.Metadata;
import io.plasmabackup.walk.OpenContent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Files whose data is in memory: reading them is one memcpy and no system call. */
final class MemoryEntries {

  /** Where all files' data is: of a segment's length, so that nothing in one is there twice. */
  private static final ByteBuffer DATA = text(Floor.SEGMENT);

  private MemoryEntries() {}

  /** So many files of so many bytes, 1 MiB at most, a power of two. */
  static List<Item> files(int count, int bytes) {
    Metadata metadata =
        new Metadata(
            0644,
            1000,
            1000,
            "user",
            "group",
            new Timestamp(1_700_000_000, 123_456_789),
            new Timestamp(1_700_000_000, 123_456_789),
            Set.of(),
            Map.of());
    List<Item> files = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      files.add(
          new Entry(
              RawPath.of("folder/file-" + i),
              metadata,
              new Kind.RegularFile(
                  bytes,
                  List.of(new Extent(0, bytes)),
                  new InMemory((int) ((long) i * bytes % DATA.capacity()))),
              new FileId(new DeviceNumber(0, 1), i)));
    }
    return files;
  }

  /** Words from a list, at random. */
  static ByteBuffer text(int bytes) {
    Random random = new Random(1);
    ByteBuffer text = ByteBuffer.allocateDirect(bytes);
    byte[][] words = new byte[2048][];
    for (int i = 0; i < words.length; i++) {
      words[i] = new byte[random.nextInt(2, 12)];
      for (int at = 0; at < words[i].length; at++) {
        // Of few different ones, or btrfs doesn't try to compress it.
        words[i][at] = (byte) ('a' + random.nextInt(26));
      }
    }
    while (text.hasRemaining()) {
      byte[] word = words[random.nextInt(words.length)];
      text.put(word, 0, Math.min(word.length, text.remaining()));
    }
    return text.flip();
  }

  private record InMemory(int from) implements Content, OpenContent {

    @Override
    public OpenContent open() {
      return this;
    }

    @Override
    public boolean isLive() {
      return false;
    }

    @Override
    public void read(long position, ByteBuffer into) {
      int length = into.remaining();
      into.put(into.position(), DATA, from + (int) position, length);
      into.position(into.position() + length);
    }

    @Override
    public boolean hasChanged() {
      return false;
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }
}
