package io.plasmabackup.archive;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Content;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Metadata;
import io.plasmabackup.walk.OpenContent;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Entries of files that never existed: of sizes and with metadata that no disk here has. */
final class Entries {

  static final Metadata PLAIN =
      metadata(0644, 1000, 1000, "user", "group", new Timestamp(1_700_000_000, 0), Map.of());

  private Entries() {}

  static Metadata metadata(
      int permissions,
      long uid,
      long gid,
      String user,
      String group,
      Timestamp modified,
      Map<RawPath, byte[]> attributes) {
    return new Metadata(
        permissions,
        uid,
        gid,
        user,
        group,
        modified,
        new Timestamp(1_700_000_001, 5),
        Set.of(),
        attributes);
  }

  static Metadata modified(long seconds, int nanos) {
    return metadata(0644, 1, 1, "", "", new Timestamp(seconds, nanos), Map.of());
  }

  static Metadata attributes(Map<RawPath, byte[]> attributes) {
    return metadata(0644, 1, 1, "", "", new Timestamp(1, 0), attributes);
  }

  static Entry file(String name, long size) {
    return entry(RawPath.of(name), PLAIN, file(size));
  }

  static Kind file(long size) {
    return new Kind.RegularFile(
        size, size == 0 ? List.of() : List.of(new Extent(0, size)), new Pattern(0));
  }

  static Kind sparse(long size, Extent... extents) {
    return new Kind.RegularFile(size, List.of(extents), new Pattern(0));
  }

  static Entry entry(RawPath name, Metadata metadata, Kind kind) {
    return new Entry(name, metadata, kind, new FileId(new DeviceNumber(0, 30), name.hashCode()));
  }

  static EntryStream stream(Iterable<Entry> entries) {
    Iterator<Entry> iterator = entries.iterator();
    return new EntryStream() {
      @Override
      public @Nullable Entry next() {
        return iterator.hasNext() ? iterator.next() : null;
      }

      @Override
      public void close() {}
    };
  }

  /** Bytes that follow from their position and a seed. */
  record Pattern(int seed) implements Content {

    static byte at(int seed, long position) {
      return (byte) (position * 31 + (position >> 12) + seed);
    }

    @Override
    public OpenContent open() {
      return new OpenContent() {
        @Override
        public void read(long position, ByteBuffer into) {
          for (long at = position; into.hasRemaining(); at++) {
            into.put(at(seed, at));
          }
        }

        @Override
        public boolean hasChanged() {
          return false;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public boolean isLive() {
      return false;
    }
  }
}
