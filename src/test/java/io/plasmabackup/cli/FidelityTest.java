package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random trees on a real btrfs through the whole agent: what GNU tar restores equals what was
 * there, piece by piece; Python's tarfile and bsdtar read the archive; the index agrees. System
 * properties choose the trees: {@code plasma.trees} of them, from the seed {@code plasma.seed} on;
 * see scripts/fuzz-trees.
 */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class FidelityTest {

  private static final long FIRST_SEED = Long.getLong("plasma.seed", 1);
  private static final long TREES = Long.getLong("plasma.trees", 200);

  /** Most defects show in small trees as well, which take a fraction of the time. */
  private static final int ONE_IS_LARGE_OF = 20;

  /** Protected files go with their filesystem only, so that it must not get too many. */
  private static final int TREES_ON_A_FILESYSTEM = 20;

  /** In turn, for what filesystems do with data by themselves. */
  private static final List<String> MOUNT_OPTIONS =
      List.of("compress=zstd:3", "compress=no", "compress-force=lzo", "nodatacow");

  private static @Nullable LoopbackBtrfs btrfs;
  private static long batch;

  static LongStream seeds() {
    return LongStream.range(FIRST_SEED, FIRST_SEED + TREES);
  }

  /** The filesystem that trees of this seed are on. */
  private static LoopbackBtrfs filesystem(long seed) throws IOException {
    long wanted = seed / TREES_ON_A_FILESYSTEM;
    LoopbackBtrfs current = btrfs;
    if (current == null || batch != wanted) {
      endFilesystem();
      int options = (int) (wanted % MOUNT_OPTIONS.size());
      current = LoopbackBtrfs.create(8L << 30, MOUNT_OPTIONS.get(options));
      btrfs = current;
      batch = wanted;
    }
    return current;
  }

  @AfterAll
  static void endFilesystem() {
    LoopbackBtrfs ended = btrfs;
    btrfs = null;
    if (ended != null) {
      ended.close();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsRestoredIsWhatWasThere(long seed) throws Exception {
    LoopbackBtrfs btrfs = filesystem(seed);
    Path home = btrfs.subvolume("seed-" + seed);
    Path work = Files.createDirectory(btrfs.root().resolve("work-" + seed));
    String again = "-Dplasma.trees=1 -Dplasma.seed=" + seed;
    String[] options = seed % ONE_IS_LARGE_OF == 0 ? new String[0] : new String[] {"--small"};
    try (RandomTree tree = RandomTree.growOnBtrfs(home, seed, options)) {
      String name = tree.path().toString().substring(1);

      Path archive = backUp(tree.path(), work);

      Path restored = restoreByGnuTar(archive, name, work);
      assertThat(tree.differences(restored, RandomTree.UNREACHABLE)).as(again).isEmpty();
      assertThat(tree.differencesInTar(archive, name)).as(again).isEmpty();
      Path index = unpackIndex(archive);
      assertThat(tree.differencesInIndex(index, name)).as(again).isEmpty();
      assertThat(membersByBsdtar(archive)).as(again).isEqualTo(members(index));
    } finally {
      Command.run("rm", "-rf", work.toString());
    }
  }

  private static Path backUp(Path folder, Path work) throws IOException {
    Path storage = Files.createDirectory(work.resolve("storage"));
    Run run = new AgentSetup(work).strategy("btrfs-snapshot").folders(folder).to(storage).run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    try (Stream<Path> files = Files.list(storage)) {
      return files.filter(file -> file.toString().endsWith(".tar")).findFirst().orElseThrow();
    }
  }

  /** What became of the folder with this name in the archive. */
  private static Path restoreByGnuTar(Path archive, String name, Path work) throws IOException {
    Path target = Files.createDirectory(work.resolve("restored"));
    String messages =
        Command.run(
            "tar",
            "--warning=no-unknown-keyword", // hdrcharset, which only other readers need
            "--warning=no-timestamp", // that a time is in the future
            "--xattrs",
            "--xattrs-include=*",
            "--acls",
            "--numeric-owner",
            "--exclude=" + name + "/" + RandomTree.UNREACHABLE + "/*",
            "-xpf",
            archive.toString(),
            "-C",
            target.toString());
    assertThat(messages).isEmpty();
    return target.resolve(name);
  }

  private static Path unpackIndex(Path archive) {
    Path packed = archive.resolveSibling(archive.getFileName() + ArchiveName.INDEX_SUFFIX);
    Path index = archive.resolveSibling("index.json");
    Command.run("zstd", "-dq", packed.toString(), "-o", index.toString());
    return index;
  }

  /** How many the index's last line promises. */
  private static long members(Path index) throws IOException {
    String last = Files.readAllLines(index).getLast();
    return Long.parseLong(last.replaceFirst(".*\"members\":(\\d+).*", "$1"));
  }

  /** It writes names in a form that has no newlines. */
  private static long membersByBsdtar(Path archive) {
    String bsdtar = Requires.tool("bsdtar").toString();
    return Command.run("env", "LC_ALL=C.UTF-8", bsdtar, "-tvf", archive.toString()).lines().count();
  }
}
