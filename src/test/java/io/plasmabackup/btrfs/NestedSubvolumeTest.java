package io.plasmabackup.btrfs;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** On a real btrfs, with btrfs-progs as the judge. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class NestedSubvolumeTest {

  @AutoClose private static LoopbackBtrfs btrfs;
  private static int subvolumes;

  private Path outer;

  @BeforeAll
  static void makeFilesystem() throws IOException {
    btrfs = LoopbackBtrfs.create();
  }

  @BeforeEach
  void makeSubvolume() {
    outer = btrfs.subvolume("outer-" + subvolumes++);
  }

  private static List<NestedSubvolume> nestedIn(Path place) throws ErrnoException {
    try (Fd inside = Fd.openDirectory(RawPath.of(place.toString()))) {
      return NestedSubvolume.of(inside, Subvolumes.info(inside).id());
    }
  }

  private static void create(Path subvolume) {
    Command.run("btrfs", "-q", "subvolume", "create", subvolume.toString());
  }

  private static long id(Path subvolume) {
    return Long.parseLong(
        Command.run("btrfs", "inspect-internal", "rootid", subvolume.toString()).strip());
  }

  @Test
  void thereAreNone() throws IOException {
    Files.createDirectory(outer.resolve("folder"));

    assertThat(nestedIn(outer)).isEmpty();
  }

  @Test
  void findsThemAtAnyDepthButNotThoseInThem() throws IOException {
    Path deep = Files.createDirectories(outer.resolve("a/b/c")).resolve("deep");
    create(deep);
    create(deep.resolve("inner"));
    create(outer.resolve("b"));
    Command.run(
        "btrfs",
        "-q",
        "subvolume",
        "snapshot",
        "-r",
        deep.toString(),
        outer.resolve("a/snapshot").toString());

    assertThat(nestedIn(outer))
        .containsExactly(
            new NestedSubvolume(id(deep), RawPath.of("a/b/c/deep")),
            new NestedSubvolume(id(outer.resolve("a/snapshot")), RawPath.of("a/snapshot")),
            new NestedSubvolume(id(outer.resolve("b")), RawPath.of("b")));
    assertThat(nestedIn(deep))
        .containsExactly(new NestedSubvolume(id(deep.resolve("inner")), RawPath.of("inner")));
  }

  @Test
  void asksFromAnywhereInTheSubvolume() throws IOException {
    Path folder = Files.createDirectories(outer.resolve("some/folder"));
    create(outer.resolve("elsewhere"));

    assertThat(nestedIn(folder))
        .containsExactly(
            new NestedSubvolume(id(outer.resolve("elsewhere")), RawPath.of("elsewhere")));
  }

  @Test
  void followsRenames() throws IOException {
    Path folder = Files.createDirectories(outer.resolve("before"));
    create(folder.resolve("old"));
    Files.move(folder.resolve("old"), folder.resolve("new"));
    Files.move(folder, outer.resolve("after"));

    assertThat(nestedIn(outer))
        .extracting(NestedSubvolume::path)
        .containsExactly(RawPath.of("after/new"));
  }

  @Test
  void thereAreMoreThanTheKernelTellsAtOnce() throws IOException {
    int count = 600;
    Command.run(
        "bash",
        "-ec",
        "for i in $(seq -w 0 $(($2 - 1))); do btrfs -q subvolume create \"$1/n$i\"; done",
        "bash",
        outer.toString(),
        Integer.toString(count));

    assertThat(nestedIn(outer))
        .extracting(nested -> nested.path().toString())
        .containsExactlyElementsOf(IntStream.range(0, count).mapToObj("n%03d"::formatted).toList());
  }

  @Test
  void nameIsAnyBytesAndThePathLongerThanTheKernelTakes() throws IOException {
    byte[] longName = new byte[255];
    Arrays.fill(longName, (byte) 'x');
    String script =
        """
        import os, subprocess, sys
        os.chdir(sys.argv[1])
        for i in range(40):
            os.mkdir(b"d" * 200)
            os.chdir(b"d" * 200)
        for name in (b"new\\nline \\xff", b"x" * 255):
            subprocess.run([b"btrfs", b"-q", b"subvolume", b"create", b"./" + name], check=True)
        """;
    Command.run("/usr/bin/python3", "-c", script, outer.toString());
    RawPath folder = RawPath.EMPTY;
    for (int i = 0; i < 40; i++) {
      folder = folder.resolve("d".repeat(200));
    }

    assertThat(nestedIn(outer))
        .extracting(NestedSubvolume::path)
        .containsExactly(
            folder.resolve(
                RawPath.copyOf("new\nline \u00ff".getBytes(StandardCharsets.ISO_8859_1))),
            folder.resolve(RawPath.copyOf(longName)));
    Command.run("rm", "-rf", outer.toString());
  }

  @Test
  void topLevelHasThemToo() throws IOException {
    assertThat(nestedIn(btrfs.root()))
        .contains(new NestedSubvolume(id(outer), RawPath.of(outer.getFileName().toString())));
  }
}
