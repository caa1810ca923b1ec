package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random trees on a real btrfs, with subvolumes in them, through the whole agent: what GNU tar
 * restores equals what was there, piece by piece; Python's tarfile and bsdtar read the archive; the
 * index agrees. System properties choose the trees: {@code plasma.trees} of them, from the seed
 * {@code plasma.seed} on; see scripts/fuzz-trees.
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

  /** In turn, as they stand in the configuration. */
  private static final List<String> COMPRESSIONS =
      List.of(
          "\"zstd\"",
          "\"none\"",
          "{\"passThrough\": \"always\", \"threads\": 3}",
          "{\"passThrough\": \"never\", \"level\": 3, \"threads\": 1}");

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
    List<String> options = new ArrayList<>(List.of("--subvolumes"));
    if (seed % ONE_IS_LARGE_OF != 0) {
      options.add("--small");
    }
    try (RandomTree tree = RandomTree.growOnBtrfs(home, seed, options.toArray(String[]::new))) {
      LocalBackup backup =
          LocalBackup.of(tree.path(), work, COMPRESSIONS.get((int) (seed % COMPRESSIONS.size())));

      Path restored =
          backup.restoredByGnuTar(
              "--exclude=" + backup.name() + "/" + RandomTree.UNREACHABLE + "/*");
      assertThat(TreeComparison.withRestored(tree.path(), restored, RandomTree.UNREACHABLE))
          .as(again)
          .isEmpty();
      assertThat(
              TreeComparison.withRestored(
                  tree.path(), backup.restoredByPlasma(), RandomTree.UNREACHABLE))
          .as(again)
          .isEmpty();
      assertThat(TreeComparison.withTar(tree.path(), backup.tar(), backup.name()))
          .as(again)
          .isEmpty();
      assertThat(TreeComparison.withIndex(tree.path(), backup.unpackedIndex(), backup.name()))
          .as(again)
          .isEmpty();
      assertThat(backup.membersByBsdtar()).as(again).isEqualTo(backup.members());
    } finally {
      Command.run("rm", "-rf", work.toString());
    }
  }
}
