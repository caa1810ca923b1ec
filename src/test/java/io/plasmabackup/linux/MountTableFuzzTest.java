package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.testing.Refusals;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/** Whatever the kernel may ever write into mountinfo. */
class MountTableFuzzTest {

  @FuzzTest
  void anyBytes(byte[] mountinfo) {
    MountTable table;
    try {
      table = MountTable.parse(mountinfo);
    } catch (IOException unknownForm) {
      Refusals.checkShown(Objects.requireNonNull(unknownForm.getMessage()));
      return;
    }
    List<Mount> visible = table.visibleBelow(RawPath.of("/"));
    assertThat(visible).doesNotHaveDuplicates();
    assertThat(table.mounts()).containsAll(visible);
    for (Mount mount : table.mounts()) {
      assertThat(table.byId(mount.id())).isPresent();
      table.at(mount.mountPoint()).ifPresent(found -> assertThat(table.mounts()).contains(found));
      mount.within(mount.mountPoint());
      mount.whyPseudo();
    }
  }
}
