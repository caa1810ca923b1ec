package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.exclude.Exclusions;
import io.plasmabackup.exclude.Reason;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeWalkTest {

  @TempDir Path folder;

  private final List<String> notes = new ArrayList<>();
  private final Notes collecting = (path, how) -> notes.add(path + ": " + how);

  @BeforeEach
  void makeTree() {
    Command.run(
        "sh",
        "-c",
        "cd \"$0\" && mkdir -p t/b t/b.d t/B && touch t/b/1 t/b/10 t/b/2 t/b-c t/a && ln t/a t/z",
        folder.toString());
  }

  private WalkRules rules = rules(Map.of(), Exclusions.NONE, false, false);

  private static WalkRules rules(
      Map<RawPath, LeftOut> leftOut, Exclusions exclusions, boolean caches, boolean noDump) {
    return new WalkRules(
        Set.of(RawPath.of("t/B")), leftOut, Set.of(), exclusions, caches, noDump, true);
  }

  private TreeWalk walk(Fd base, boolean live, String... names) throws IOException {
    List<Tree> trees = new ArrayList<>();
    for (String name : names) {
      trees.add(
          new Tree(
              base,
              RawPath.of(name),
              RawPath.of(name),
              live ? Tree.Source.LIVE : Tree.Source.SNAPSHOT));
    }
    return new TreeWalk(trees, MountTable.read(), rules, collecting);
  }

  private Fd base() throws IOException {
    return Fd.openDirectory(RawPath.of(folder.toString()));
  }

  private List<String> names(EntryStream items) throws Failure {
    List<String> names = new ArrayList<>();
    for (Item item = items.next(); item != null; item = items.next()) {
      switch (item) {
        case Entry entry -> names.add(entry.name().toString());
        case LeftOut left -> notes.add("/" + left.name() + ": " + left.why());
      }
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
  void aTreeWithinAnotherComesOnceAndAtItsPlace() throws Exception {
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t", "t/b")) {
      assertThat(names(entries))
          .containsExactly("t", "t/a", "t/b", "t/b/1", "t/b/10", "t/b/2", "t/b-c", "t/b.d", "t/z");
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

  @Test
  void aSurveyHasTheSameSizesAndOpensNothingForThem() throws Exception {
    Command.run(
        "sh",
        "-c",
        "cd \"$0\" && head -c 70000 /dev/urandom >t/large && setfattr -n user.k -v v t/large && "
            + "truncate -s 1M t/sparse && head -c 5000 /dev/urandom >>t/sparse",
        folder.toString());
    Map<RawPath, Entry> complete = entries(TreeWalk.Detail.COMPLETE);
    Map<RawPath, Entry> survey = entries(TreeWalk.Detail.STATUS);
    assertThat(survey.keySet()).containsExactlyElementsOf(complete.keySet());
    survey.forEach((name, entry) -> {
      Entry other = Objects.requireNonNull(complete.get(name));
      assertThat(entry.id()).isEqualTo(other.id());
      if (entry.kind() instanceof Kind.RegularFile file) {
        Kind.RegularFile same = (Kind.RegularFile) other.kind();
        assertThat(file.size()).isEqualTo(same.size());
        assertThat(file.extents()).isEqualTo(same.extents());
      } else {
        assertThat(entry.kind()).isEqualTo(other.kind());
      }
    });
    RawPath large = RawPath.of("t/large");
    assertThat(Objects.requireNonNull(complete.get(large)).metadata().attributes()).hasSize(1);
    assertThat(Objects.requireNonNull(survey.get(large)).metadata().attributes()).isEmpty();
  }

  private Map<RawPath, Entry> entries(TreeWalk.Detail detail) throws Exception {
    Map<RawPath, Entry> entries = new LinkedHashMap<>();
    RawPath name = RawPath.of("t");
    try (Fd base = base();
        TreeWalk walk =
            new TreeWalk(
                List.of(new Tree(base, name, name, Tree.Source.LIVE)),
                MountTable.read(),
                rules,
                collecting,
                detail)) {
      for (Item item = walk.next(); item != null; item = walk.next()) {
        Entry entry = (Entry) item;
        entries.put(entry.name(), entry);
      }
    }
    return entries;
  }

  private static Entry next(EntryStream entries) throws Failure {
    return (Entry) Objects.requireNonNull(entries.next());
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
  @Tag("loopback")
  void aMountThatGoesAwayBeforeItIsReadEndsTheBackup() throws Exception {
    Requires.loopback();
    Path place = Files.createDirectory(folder.resolve("t/m"));
    Command.run("mount", "-t", "tmpfs", "tmpfs", place.toString());
    RawPath name = RawPath.of("t/m");
    long mount;
    try (Fd base = base()) {
      mount = base.statusAt(name).mount();
    } finally {
      Command.run("umount", place.toString());
    }

    try (Fd base = base();
        TreeWalk walk =
            new TreeWalk(
                List.of(new Tree(base, name, name, Tree.Source.LIVE, OptionalLong.of(mount))),
                MountTable.read(),
                rules,
                collecting)) {
      Failure failure = catchThrowableOfType(Failure.class, walk::next);
      assertThat(failure.exitCode()).isEqualTo(ExitCode.READ);
      assertThat(failure).hasMessageStartingWith("/t/m was mounted or unmounted while");
    }
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

  @Test
  void whatPatternsExcludeIsNamedAndNotEntered() throws Exception {
    rules = rules(Map.of(), Exclusions.of(List.of("b/", "!/t/z", "z*")), false, false);
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(names(entries)).containsExactly("t", "t/a", "t/b-c", "t/b.d");
    }
    assertThat(notes).containsExactly("/t/b: excluded by \"b/\"", "/t/z: excluded by \"z*\"");
  }

  @Test
  void ofACacheOnlyTheTagStays() throws Exception {
    rules = rules(Map.of(), Exclusions.NONE, true, false);
    Files.writeString(
        folder.resolve("t/b/CACHEDIR.TAG"),
        "Signature: 8a477f597d28d172789f06886806bc55\n# made by a test");
    Files.writeString(folder.resolve("t/b.d/CACHEDIR.TAG"), "Signature: 8a477f597d28d17278");
    Files.createSymbolicLink(folder.resolve("t/CACHEDIR.TAG"), Path.of("b/CACHEDIR.TAG"));
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(names(entries))
          .containsExactly(
              "t",
              "t/CACHEDIR.TAG",
              "t/a",
              "t/b",
              "t/b/CACHEDIR.TAG",
              "t/b-c",
              "t/b.d",
              "t/b.d/CACHEDIR.TAG",
              "t/z");
    }
    assertThat(notes).containsExactly("/t/b: all but CACHEDIR.TAG, which marks it as a cache");
  }

  @Test
  void whatIsMarkedAsNotToBeDumpedIsLeftOutOnDemand() throws Exception {
    Requires.root();
    Requires.tool("chattr");
    Assumptions.assumeTrue(
        Command.attempt("chattr", "+d", folder.resolve("t/b").toString(), folder + "/t/a").status()
            == 0,
        "needs a filesystem with chattr's flags");
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(names(entries)).contains("t/b/1", "t/a");
    }
    rules = rules(Map.of(), Exclusions.NONE, false, true);
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(names(entries)).containsExactly("t", "t/b-c", "t/b.d");
    }
    assertThat(notes)
        .containsExactly(
            "/t/a: has the flag d (no dump) of chattr",
            "/t/b: has the flag d (no dump) of chattr",
            "/t/z: has the flag d (no dump) of chattr");
  }

  @Test
  void whatIsKnownToBeLeftOutIsNamedWhetherItIsReachedOrNot() throws Exception {
    RawPath reached = RawPath.of("t/b");
    RawPath inIt = RawPath.of("t/b/1");
    RawPath hidden = RawPath.of("t/b/2");
    rules =
        rules(
            Map.of(
                reached, new LeftOut(reached, Reason.READ_ONLY_SUBVOLUME, "reached"),
                inIt, new LeftOut(inIt, Reason.READ_ONLY_SUBVOLUME, "not reached"),
                hidden, new LeftOut(hidden, Reason.HIDDEN, "nobody can reach it")),
            Exclusions.NONE,
            false,
            false);
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t")) {
      assertThat(names(entries)).containsExactly("t", "t/a", "t/b-c", "t/b.d", "t/z");
    }
    assertThat(notes).containsExactly("/t/b: reached", "/t/b/1: not reached");
  }

  @Test
  void aTreeWhosePlaceIsNotReachedComesInTheEnd() throws Exception {
    rules = rules(Map.of(), Exclusions.of(List.of("/t/b")), false, false);
    try (Fd base = base();
        EntryStream entries = walk(base, true, "t", "t/b/10")) {
      assertThat(names(entries)).containsExactly("t", "t/a", "t/b-c", "t/b.d", "t/z", "t/b/10");
    }
  }
}
