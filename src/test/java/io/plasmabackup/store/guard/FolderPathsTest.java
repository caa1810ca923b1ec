package io.plasmabackup.store.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As agents call the folder in their configurations. */
class FolderPathsTest {

  private static final Path HOME = Path.of("/home/plasma");
  private static final Path REAL = Path.of("/data/backup/web1");

  private final FolderPaths absolute = FolderPaths.of(REAL, REAL, HOME);
  private final FolderPaths linked = FolderPaths.of(Path.of("backup"), REAL, HOME);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "./",
        "/",
        "//",
        "/data/backup/web1",
        "/data/backup/web1/",
        "//data/./backup//web1/."
      })
  void theFolder(String path) {
    assertThat(absolute.find(path)).contains("");
    assertThat(linked.find(path)).contains("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"backup", "./backup/", "/home/plasma/backup"})
  void theFolderAsTheAdministratorWroteIt(String path) {
    assertThat(linked.find(path)).contains("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.tar", "./x.tar", "/x.tar", "/data/backup/web1/x.tar"})
  void aNameInIt(String path) {
    assertThat(absolute.find(path)).contains("x.tar");
    assertThat(linked.find(path)).contains("x.tar");
    assertThat(linked.find("backup/x.tar")).contains("x.tar");
  }

  @Test
  void aFolderBelowTheHomeIsRelativeToIt() {
    FolderPaths below = FolderPaths.of(HOME.resolve("b/c"), HOME.resolve("b/c"), HOME);
    assertThat(below.find("b/c")).contains("");
    assertThat(below.find("b/c/x.tar")).contains("x.tar");
    assertThat(below.find("b/x.tar")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../web1",
        "/data/backup/web1/..",
        "/data/backup/web1/../web2",
        "/data/backup/web1/sub/x.tar",
        "/data/backup/web12/x.tar",
        "/data/backup",
        "/data/backup/web2/x.tar",
        "sub/x.tar",
        "/etc/passwd",
        "x\0",
        "/data/backup/web1/\0"
      })
  void nothingElse(String path) {
    assertThat(absolute.find(path).filter(name -> !name.matches("data|etc|backup"))).isEmpty();
    assertThat(linked.find(path)).isEmpty();
  }
}
