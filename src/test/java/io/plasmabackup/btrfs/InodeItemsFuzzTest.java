package io.plasmabackup.btrfs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.bindings.Native;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The items of a file as they may be on a disk that somebody has prepared. */
class InodeItemsFuzzTest {

  private static final int SECTOR = 4096;
  private static final FileStatus ROOT = root();
  private static final int[] TYPES = {
    Native.BTRFS_INODE_ITEM_KEY(), Native.BTRFS_XATTR_ITEM_KEY(), Native.BTRFS_EXTENT_DATA_KEY(), 0
  };

  private static FileStatus root() {
    Timestamp time = new Timestamp(0, 0);
    DeviceNumber device = new DeviceNumber(0, 50);
    return new FileStatus(new FileId(device, 256), 040755, 1, 0, 0, 0, 0, time, time, device, 7, 0);
  }

  /** For each item, one after another: type (1 byte), offset (8), length (2), data. */
  @FuzzTest
  void anyBytes(byte[] bytes) {
    InodeItems items = new InodeItems(ROOT, SECTOR, 257, true);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    while (in.remaining() >= 11) {
      int type = TYPES[in.get() & 3];
      long offset = in.getLong();
      int length = Math.min(Short.toUnsignedInt(in.getShort()), in.remaining());
      // Nothing but the item itself is there to be read, at either end.
      MemorySegment data = MemorySegment.ofArray(bytes).asSlice(in.position(), length);
      items.add(type, offset, data, 0, length);
      in.position(in.position() + length);
    }
    Inode inode = items.toInode();
    assertThat(inode == null || !items.isUnusual()).isTrue();
    if (inode != null) {
      check(inode);
    }
  }

  private static void check(Inode inode) {
    assertThat(inode.status().size()).isNotNegative();
    long end = -1;
    for (Inode.Run run : inode.data()) {
      assertThat(run.offset()).isGreaterThan(end);
      assertThat(run.length()).isPositive();
      end = run.offset() + run.length();
      assertThat(end).isBetween(1L, inode.status().size());
    }
    inode
        .attributes()
        .keySet()
        .forEach(name -> {
          assertThat(name.isEmpty()).isFalse();
          assertThat(name.toBytes()).doesNotContain(0);
        });
    InlineData inline = inode.inline();
    if (inline != null) {
      assertThat(inline.length()).isBetween(0, SECTOR).isEqualTo((int) inode.status().size());
      inline.bytes().ifPresent(data -> assertThat(data).hasSize(inline.length()));
    }
    boolean link = inode.status().type() == FileStatus.Type.SYMBOLIC_LINK;
    assertThat(inode.target().isEmpty()).isEqualTo(!link);
  }
}
