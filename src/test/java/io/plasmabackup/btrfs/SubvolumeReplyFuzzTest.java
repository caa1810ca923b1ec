package io.plasmabackup.btrfs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.bindings.btrfs_ioctl_get_subvol_info_args;
import io.plasmabackup.bindings.btrfs_ioctl_get_subvol_rootref_args;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/** Replies of BTRFS_IOC_GET_SUBVOL_INFO and BTRFS_IOC_GET_SUBVOL_ROOTREF. */
class SubvolumeReplyFuzzTest {

  @FuzzTest
  void anyBytes(byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      SubvolumeInfo info =
          Subvolumes.info(reply(arena, btrfs_ioctl_get_subvol_info_args.layout(), bytes));
      assertThat(info.toString()).isNotBlank();

      MemorySegment children = reply(arena, btrfs_ioctl_get_subvol_rootref_args.layout(), bytes);
      assertThat(NestedSubvolume.ids(children))
          .hasSize(Byte.toUnsignedInt(btrfs_ioctl_get_subvol_rootref_args.num_items(children)));
    }
  }

  /** The bytes, or as many as fit, at the end: there is what few of them can change most with. */
  private static MemorySegment reply(Arena arena, MemoryLayout layout, byte[] bytes) {
    MemorySegment reply = arena.allocate(layout);
    long length = Math.min(reply.byteSize(), bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, reply, reply.byteSize() - length, length);
    return reply;
  }
}
