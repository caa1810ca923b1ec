package io.plasmabackup.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewFileTest {

  private static final byte[] CONTENT = "content".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path temp;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(temp)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void isThereAsAWholeAndNothingElse() throws Exception {
    Path file = temp.resolve("file");
    NewFile.requireNone(file);
    NewFile.write(file, CONTENT, "rw-------");
    assertThat(file).hasBinaryContent(CONTENT);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(names()).containsExactly("file");
  }

  @Test
  void takesNoPlace() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "mine");
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("nowhere"));
    Path folder = Files.createDirectory(temp.resolve("folder"));
    for (Path taken : List.of(file, link, folder)) {
      assertThatThrownBy(() -> NewFile.requireNone(taken))
          .isInstanceOf(Failure.class)
          .hasMessageContaining(taken + " exists already");
      assertThatThrownBy(() -> NewFile.write(taken, CONTENT, "rw-------"))
          .isInstanceOf(Failure.class)
          .hasMessageContaining(taken + " exists already");
    }
    assertThat(file).hasContent("mine");
    assertThat(names()).containsExactly("file", "folder", "link");
  }

  @Test
  void saysWhereItCannotBe() {
    assertThatThrownBy(() -> NewFile.write(temp.resolve("no/file"), CONTENT, "rw-------"))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("cannot write " + temp.resolve("no/file"));
  }
}
