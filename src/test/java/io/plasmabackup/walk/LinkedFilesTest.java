package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkedFilesTest {

  private static final RawPath FIRST = RawPath.of("first");

  @TempDir Path folder;

  private FileStatus withThreeNames() throws IOException {
    Command.run("sh", "-c", "cd \"$0\" && touch a && ln a b && ln a c", folder.toString());
    try (Fd directory = Fd.openDirectory(RawPath.of(folder.toString()))) {
      return directory.statusAt(RawPath.of("a"));
    }
  }

  @Test
  void ofASnapshotItIsForgottenWithTheLastName() throws IOException {
    FileStatus status = withThreeNames();
    LinkedFiles files = new LinkedFiles();
    assertThat(files.another(status, false)).isNull();
    files.add(status, FIRST, Set.of(Metadata.Flag.IMMUTABLE));
    for (int missing = 2; missing > 0; missing--) {
      assertThat(files.size()).isEqualTo(1);
      assertThat(files.another(status, false))
          .isEqualTo(new LinkedFiles.First(FIRST, Set.of(Metadata.Flag.IMMUTABLE), missing));
    }
    assertThat(files.size()).isZero();
  }

  @Test
  void aLiveFileMayGetFurtherNames() throws IOException {
    FileStatus status = withThreeNames();
    LinkedFiles files = new LinkedFiles();
    files.add(status, FIRST, Set.of());
    for (int i = 0; i < 5; i++) {
      assertThat(files.another(status, true)).isNotNull();
    }
    assertThat(files.size()).isEqualTo(1);
  }

  @Test
  void manyComeAndGoAsInAMap() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      LinkedFiles files = new LinkedFiles();
      Map<FileId, LinkedFiles.First> expected = new HashMap<>();
      int most = 1 << random.nextInt(1, 13);
      for (int i = 0; i < 20_000; i++) {
        FileStatus status = status(random.nextInt(3), random.nextInt(most));
        boolean live = random.nextInt(50) == 0;
        LinkedFiles.First first = expected.get(status.id());
        assertThat(files.another(status, live)).isEqualTo(first);
        if (first == null) {
          RawPath name = RawPath.of("f" + random.nextInt(9)).resolve("name-" + i);
          RawPath top = RawPath.of("n" + i);
          Set<Metadata.Flag> flags =
              random.nextBoolean() ? Set.of() : Set.of(Metadata.Flag.NO_COPY_ON_WRITE);
          RawPath chosen = random.nextInt(5) == 0 ? top : name;
          files.add(status, chosen, flags);
          expected.put(status.id(), new LinkedFiles.First(chosen, flags, status.links() - 1));
        } else if (!live && first.missing() == 1) {
          expected.remove(status.id());
        } else if (!live) {
          expected.put(
              status.id(), new LinkedFiles.First(first.name(), first.flags(), first.missing() - 1));
        }
        assertThat(files.size()).isEqualTo(expected.size());
      }
    }
  }

  private static FileStatus status(int device, long inode) {
    Timestamp time = new Timestamp(0, 0);
    return new FileStatus(
        new FileId(new DeviceNumber(0, device), inode),
        0100644,
        2 + (int) (inode % 3),
        0,
        0,
        0,
        0,
        time,
        time,
        new DeviceNumber(0, 0),
        0,
        0);
  }
}
