package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plasmabackup.store.Upload.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest extends StoreContract {

  @TempDir Path directory;

  @Override
  protected Path directory() {
    return directory;
  }

  @Override
  protected Store open() throws Exception {
    return LocalStore.open(directory);
  }

  @Override
  protected Verification verification() {
    return Verification.CONTENT;
  }

  @Test
  void missingFolderIsOneClearLine() {
    assertStorageFailure(
        () -> LocalStore.open(directory.resolve("absent")), "absent", "does not exist", "mkdir");
  }

  @Test
  void fileIsNoFolder() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertStorageFailure(() -> LocalStore.open(file), "not a directory");
  }

  @Test
  void followsALinkToTheFolder() throws Exception {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    try (Store store = LocalStore.open(link)) {
      assertThat(store.folder()).isEqualTo(real.toString());
    }
  }

  @Test
  void runsNothing() throws Exception {
    try (Store store = open()) {
      assertThat(store.run("true", List.of())).isEmpty();
    }
  }

  @Test
  void knowsWhatThisProcessHasOpen() throws Exception {
    try (Store store = open()) {
      Path part = directory.resolve(".archive.tar.part");
      try (Upload upload = store.begin("archive.tar")) {
        upload.write(new byte[10], 0, 10);
        assertThat(store.isOpen(".archive.tar.part")).isTrue();
        // Another file of that name doesn't count.
        Path other = Files.createDirectory(directory.resolve("other")).resolve("archive.tar");
        try (var _ = Files.newOutputStream(other)) {
          Files.createFile(directory.resolve("archive.tar"));
          assertThat(store.isOpen("archive.tar")).isFalse();
        }
      }
      Files.createFile(part);
      assertThat(store.isOpen(".archive.tar.part")).isFalse();
      assertThat(store.isOpen("absent")).isFalse();
    }
  }

  @Test
  void knowsWhatAnotherProcessHasOpen() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    Process process =
        new ProcessBuilder("sh", "-c", "echo open; read line").redirectError(file.toFile()).start();
    try (Store store = open()) {
      assertThat(process.inputReader().readLine()).isEqualTo("open");
      assertThat(store.isOpen("file")).isTrue();

      process.getOutputStream().close();
      process.waitFor();
      assertThat(store.isOpen("file")).isFalse();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void fullDiskIsOneClearLineAndLeavesNothing() throws Exception {
    Path small = Files.createDirectory(directory.resolve("small"));
    assumeTrue(
        mount("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString()),
        "needs root: mounts a small tmpfs");
    try (Store store = LocalStore.open(small)) {
      try (Upload upload = store.begin("archive.tar")) {
        byte[] content = random(2_000_000);
        assertStorageFailure(
            () -> upload.write(content, 0, content.length), "disk is full", "bytes free");
      }
      assertThat(small).isEmptyDirectory();
    } finally {
      assertThat(mount("umount", small.toString())).isTrue();
    }
  }

  private static boolean mount(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
