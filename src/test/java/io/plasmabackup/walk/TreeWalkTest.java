package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.walk.Entry.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeWalkTest {

  @TempDir Path folder;

  private final List<String> notes = new ArrayList<>();
  private final Notes collecting =
      new Notes() {
        @Override
        public void leftOut(RawPath path, String why) {
          notes.add(path + ": " + why);
        }

        @Override
        public void changed(RawPath path, String how) {
          notes.add(path + ": " + how);
        }
      };

  @BeforeEach
  void makeTree() {
    Command.run(
        "sh",
        "-c",
        "cd \"$0\" && mkdir -p t/b t/b.d t/B && touch t/b/1 t/b/10 t/b/2 t/b-c t/a && ln t/a t/z",
        folder.toString());
  }

  private TreeWalk walk(Fd base, boolean live, String... names) throws IOException {
    List<Tree> trees = new ArrayList<>();
    for (String name : names) {
      trees.add(new Tree(base, RawPath.of(name), RawPath.of(name), live));
    }
    return new TreeWalk(trees, MountTable.read(), Set.of(RawPath.of("t/B")), collecting);
  }

  private Fd base() throws IOException {
    return Fd.openDirectory(RawPath.of(folder.toString()));
  }

  private static List<String> names(EntryStream entries) throws Failure {
    List<String> names = new ArrayList<>();
    for (Entry entry = entries.next(); entry != null; entry = entries.next()) {
      names.add(entry.name().toString());
    }
    return names;
  }

  @Test
  void goesDepthFirstInTheOrderOfBytesAndLeavesOutWhatIsHidden() throws Exception {
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(names(entries))
          .containsExactly("t", "t/a", "t/b", "t/b/1", "t/b/10", "t/b/2", "t/b-c", "t/b.d", "t/z");
    }
    assertThat(notes).isEmpty();
  }

  @Test
  void aTreeWithinAnotherComesOnce() throws Exception {
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t", "t/b")) {
      assertThat(names(entries))
          .containsExactly("t", "t/a", "t/b-c", "t/b.d", "t/z", "t/b", "t/b/1", "t/b/10", "t/b/2");
    }
  }

  @Test
  void aFurtherNameIsAHardLinkToTheFirst() throws Exception {
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t/a", "t/z")) {
      assertThat(next(entries).kind()).isInstanceOf(Kind.RegularFile.class);
      assertThat(next(entries).kind()).isEqualTo(new Kind.HardLink(RawPath.of("t/a")));
    }
  }

  private static Entry next(EntryStream entries) throws Failure {
    Entry entry = entries.next();
    assertThat(entry).isNotNull();
    return Objects.requireNonNull(entry);
  }

  @Test
  void aLiveFileThatVanishesAfterItWasListedIsNoted() throws Exception {
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(next(entries).name()).isEqualTo(RawPath.of("t"));
      Command.run("rm", "-r", folder.resolve("t/a").toString(), folder.resolve("t/b").toString());
      assertThat(names(entries)).containsExactly("t/b-c", "t/b.d", "t/z");
    }
    assertThat(notes)
        .containsExactly(
            "/t/a: vanished while its folder was read; it is not in the archive",
            "/t/b: vanished while its folder was read; it is not in the archive");
  }

  @Test
  void aFrozenFileThatVanishesEndsTheBackup() throws Exception {
    try (Fd base = base();
        EntryStream entries = walk(base, false, "t")) {
      next(entries);
      Files.delete(folder.resolve("t/a"));
      Failure failure = catchThrowableOfType(Failure.class, entries::next);
      assertThat(failure.exitCode()).isEqualTo(ExitCode.READ);
      assertThat(failure).hasMessageContaining("/t/a");
    }
  }

  @Test
  void holesAreSeen() throws Exception {
    Command.run(
        "sh",
        "-c",
        "cd \"$0\" && truncate -s 10M s && printf x | dd of=s bs=1M seek=5 conv=notrunc 2>&1",
        folder.toString());
    try (Fd base = base();
        EntryStream entries = walk(base, true, "s")) {
      Kind.RegularFile file = (Kind.RegularFile) next(entries).kind();
      Assumptions.assumeTrue(file.isSparse(), "needs a filesystem that tells of holes");
      assertThat(file.size()).isEqualTo(10L << 20);
      assertThat(file.extents()).hasSize(1);
      assertThat(file.extents().getFirst().offset()).isBetween(1L << 20, 5L << 20);
      assertThat(file.dataLength()).isLessThan(1 << 20);
    }
  }

  @Test
  void protectionIsSeen() throws Exception {
    Requires.root();
    Requires.tool("chattr");
    Path file = folder.resolve("t/a");
    Assumptions.assumeTrue(
        Command.attempt("chattr", "+ia", file.toString()).status() == 0,
        "needs a filesystem with chattr's flags");
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t/a", "t/b")) {
      assertThat(next(entries).metadata().flags())
          .containsExactlyInAnyOrder(Metadata.Flag.IMMUTABLE, Metadata.Flag.APPEND_ONLY);
      assertThat(next(entries).metadata().flags()).isEmpty();
    } finally {
      Command.run("chattr", "-ia", file.toString());
    }
  }

  @Test
  void whatAPseudoFilesystemShowsIsLeftOut() throws Exception {
    Assumptions.assumeTrue(
        MountTable.read().visibleBelow(RawPath.of("/dev")).stream()
            .anyMatch(mount -> mount.mountPoint().equals(RawPath.of("/dev/pts"))),
        "needs a devpts at /dev/pts");
    try (Fd base = Fd.openDirectory(RawPath.of("/"));
        EntryStream entries = walk(base, true, "dev")) {
      List<String> names = names(entries);
      assertThat(names).contains("dev/pts").doesNotContain("dev/pts/ptmx");
    }
    assertThat(notes).anyMatch(note -> note.startsWith("/dev/pts: "));
  }
}
