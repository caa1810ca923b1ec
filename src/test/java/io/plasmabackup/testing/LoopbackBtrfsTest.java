package io.plasmabackup.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("loopback")
class LoopbackBtrfsTest {

  @Test
  void isMountedAsAskedForAndLeavesNothingBehind() throws IOException {
    Path root;
    Path home;
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create("compress=zstd:3")) {
      root = btrfs.root();
      Path subvolume = btrfs.subvolume("@home");
      Files.writeString(subvolume.resolve("file"), "text");
      home = btrfs.mount("subvol=@home", "ro");

      assertThat(mounts())
          .anyMatch(
              line -> line.contains(" " + root + " btrfs ") && line.contains("compress=zstd:3"))
          .anyMatch(
              line -> line.contains(" " + home + " btrfs ro,") && line.contains("subvol=/@home"));
      assertThat(home.resolve("file")).hasContent("text");
    }
    assertThat(root.resolveSibling("")).doesNotExist();
    assertThat(mounts()).noneMatch(line -> line.contains(root.toString()));
    assertThat(attachedImages()).doesNotContain(root.resolveSibling("image").toString());
  }

  @Test
  void failsLoudlyWhenAFileIsOpenAndStillLeavesNothingBehind() throws IOException {
    LoopbackBtrfs btrfs = LoopbackBtrfs.create();
    Path file = Files.writeString(btrfs.root().resolve("leaked"), "text");
    try (InputStream open = Files.newInputStream(file)) {
      assertThatThrownBy(btrfs::close)
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining(file.toString());
      assertThat(open.read()).isEqualTo('t');
    }
    assertThat(mounts()).noneMatch(line -> line.contains(btrfs.root().toString()));
    assertThat(btrfs.root().resolveSibling("")).doesNotExist();
  }

  @Test
  void cleansUpAfterOptionsThatCannotBeMounted() throws IOException {
    assertThatThrownBy(() -> LoopbackBtrfs.create("compress=nonsense"))
        .isInstanceOfSatisfying(
            AssertionError.class,
            failure -> {
              Matcher mount = Pattern.compile("(/\\S*)/mount-0: ").matcher(failure.getMessage());
              assertThat(mount.find()).as(failure.getMessage()).isTrue();
              assertThat(Path.of(mount.group(1))).doesNotExist();
              assertThat(attachedImages()).doesNotContain(mount.group(1));
            });
  }

  private static List<String> mounts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mounts"));
  }

  private static String attachedImages() {
    return Command.run("losetup", "--list", "--output", "BACK-FILE");
  }
}
