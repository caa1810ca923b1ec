package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.walk.LookAhead.Place;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class LookAheadTest {

  /** Of 4,000 folders: far more than are read ahead, at each depth. */
  private static final String MAKE_TREE =
      """
      import os, sys
      os.chdir(sys.argv[1])
      for a in range(100):
          for b in range(39):
              path = 'a%02d/b%02d' % (a, b)
              os.makedirs(path)
              open(path + '/file', 'w').close()
      # More than is read ahead of one folder.
      for i in range(2000):
          os.makedirs('a50/c/a-folder-with-a-long-name-%04d' % i)
      open('a50/CACHEDIR.TAG', 'w').write('Signature: 8a477f597d28d172789f06886806bc55')
      """;

  private LoopbackBtrfs btrfs;
  private Path snapshot;

  @BeforeEach
  void makeSnapshot() throws IOException {
    Requires.root();
    btrfs = LoopbackBtrfs.create();
    Path source = btrfs.subvolume("source");
    Command.run("python3", "-c", MAKE_TREE, source.toString());
    snapshot = btrfs.root().resolve("snapshot");
    btrfs.btrfs("subvolume", "snapshot", "-r", source.toString(), snapshot.toString());
  }

  @AfterEach
  void unmount() {
    btrfs.close();
  }

  private static void assertNoThreads() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("look-ahead-")) {
        // One that has nothing to do any more may still be about to end.
        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
      }
    }
  }

  /** The first so many items of the snapshot. */
  private List<String> walk(MountTable mounts, boolean caches, int most) throws Exception {
    WalkRules every = WalkRules.EVERYTHING;
    WalkRules rules =
        new WalkRules(
            every.hidden(),
            every.leftOut(),
            every.untouched(),
            every.exclusions(),
            caches,
            every.noDump(),
            every.readOnlySubvolumes());
    List<String> seen = new ArrayList<>();
    try (Fd root = Fd.openDirectory(RawPath.of(snapshot.toString()))) {
      Tree tree = new Tree(root, RawPath.EMPTY, RawPath.of("t"), Tree.Source.SNAPSHOT);
      try (TreeWalk walk =
          new TreeWalk(List.of(tree), mounts, rules, (path, how) -> seen.add(path + how))) {
        for (Item item = walk.next(); item != null && seen.size() < most; item = walk.next()) {
          seen.add(item instanceof Entry entry ? entry.name().toString() : item.toString());
        }
      }
    }
    return seen;
  }

  @Test
  void nothingIsMissedAndNothingComesInAnotherOrder() throws Exception {
    MountTable none = new MountTable(List.of());
    for (boolean caches : new boolean[] {false, true}) {
      List<String> expected = walk(none, caches, Integer.MAX_VALUE);
      assertThat(expected).hasSizeGreaterThan(7000);
      assertThat(walk(MountTable.read(), caches, Integer.MAX_VALUE))
          .containsExactlyElementsOf(expected);
      assertNoThreads();
    }
  }

  @Test
  void aWalkThatEndsEarlyLeavesNothingBehind() throws Exception {
    for (int most : new int[] {1, 2, 3, 10, 100, 1000, 5000}) {
      int before = Fd.openCount();
      assertThat(walk(MountTable.read(), false, most)).hasSize(most);
      assertThat(Fd.openCount()).isEqualTo(before);
      assertNoThreads();
    }
  }

  @Test
  void whatCannotBeReadAheadIsLeftToTheWalk() throws Exception {
    try (Fd root = Fd.openDirectory(RawPath.of(snapshot.toString()))) {
      InodeReader inodes = InodeReader.of(root, MountTable.read()).orElseThrow();
      OpenFolder folder = open(root, RawPath.of("a01"), inodes);
      // Names that aren't there.
      OpenFolder wrong =
          new OpenFolder(
              folder.status(),
              folder.directory(),
              root.list(),
              folder.flags(),
              folder.attributes(),
              folder.known());
      Place place = LookAhead.from(WalkRules.EVERYTHING, inodes, RawPath.of("t"), wrong);
      for (int i = 0; i < 80; i++) {
        assertThat(place.at(i)).isNull();
      }
      place.close();
      wrong.close();
    }
    assertNoThreads();
  }

  private static OpenFolder open(Fd root, RawPath name, InodeReader inodes) throws ErrnoException {
    return OpenFolder.read(root.statusAt(name), root.openAt(name, Fd.Use.DIRECTORY), inodes);
  }
}
