package io.plasmabackup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is open of a store's files once none of its archives can be copied from. */
class CopiedArchiveHandlesTest {

  private static final String NAME = "20261126-0000-daily.tar";

  /** A file that nobody can open to read. */
  private static final Path UNREADABLE = Path.of("/sys/bus/platform/drivers_probe");

  @TempDir Path folder;

  private List<String> openFiles() throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)) {
          String file = Files.readSymbolicLink(descriptor).toString();
          if (file.startsWith(folder.toRealPath() + "/")) {
            open.add(file);
          }
        }
      }
    }
    return open;
  }

  private List<String> notes() throws Exception {
    List<String> notes = new ArrayList<>();
    try (Store store = LocalStore.open(folder)) {
      assertThat(CopiedArchive.newest(store, folder, header -> true, notes::add)).isEmpty();
    }
    return notes;
  }

  private void writeFiles() throws IOException {
    byte[] noIndex = new byte[1000];
    new Random(1).nextBytes(noIndex);
    Files.write(folder.resolve(NAME + ".index"), noIndex);
    Files.write(folder.resolve(NAME), noIndex);
  }

  @Test
  void noneIsOpenOfAnIndexThatMakesNoSense() throws Exception {
    writeFiles();
    assertThat(notes()).hasSize(1).first().asString().contains(NAME + ".index");
    assertThat(openFiles()).isEmpty();
  }

  @Test
  void noneIsOpenIfTheArchiveCannotBeOpened() throws Exception {
    Requires.systemAdministration();
    assertThat(UNREADABLE).isRegularFile();
    writeFiles();
    Command.run("mount", "--bind", UNREADABLE.toString(), folder.resolve(NAME).toString());
    try {
      assertThat(notes()).hasSize(1).first().asString().contains(NAME);
      assertThat(openFiles()).isEmpty();
    } finally {
      Command.run("umount", folder.resolve(NAME).toString());
    }
  }
}
