package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import java.io.IOException;
import java.nio.file.Path;
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
}
