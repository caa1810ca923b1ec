package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be removed of a run that was cut off; the rest is tested with whole runs. */
class TempfileTest {

  @TempDir private Path temp;
  private Path path;

  @BeforeEach
  void choosePath() {
    path = temp.resolve("archive.tar");
  }

  @Test
  void whatWasMadeIsRemoved() throws Exception {
    Optional<String> identity;
    try (Tempfile made = Tempfile.create(path)) {
      identity = Optional.of(made.identity());
      Files.createLink(temp.resolve("kept"), path);
    }
    Files.move(temp.resolve("kept"), path);
    Tempfile.removeLeft(path, identity);
    assertThat(path).doesNotExist();
  }

  @Test
  void whatHasTheSameNameIsLeftAlone() throws Exception {
    Optional<String> identity;
    try (Tempfile made = Tempfile.create(path)) {
      identity = Optional.of(made.identity());
      Files.createLink(temp.resolve("kept"), path);
    }
    Files.createFile(path);
    Tempfile.removeLeft(path, identity);
    assertThat(path).exists();
  }

  @Test
  void whatWasAboutToBeMadeIsRemovedIfItHoldsNothing() throws Exception {
    Files.createFile(path);
    Tempfile.removeLeft(path, Optional.empty());
    assertThat(path).doesNotExist();
    Tempfile.removeLeft(path, Optional.empty());
  }

  @Test
  void whatWasAboutToBeMadeIsLeftAloneIfItHoldsAnything() throws Exception {
    Files.writeString(path, "precious");
    Tempfile.removeLeft(path, Optional.empty());
    assertThat(path).hasContent("precious");
    Path link = Files.createSymbolicLink(temp.resolve("link"), Files.createFile(temp.resolve("x")));
    Tempfile.removeLeft(link, Optional.empty());
    assertThat(link).isSymbolicLink();
  }
}
