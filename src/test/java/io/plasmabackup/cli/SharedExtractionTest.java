package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Files restored on the filesystem of the archive, which share its blocks. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class SharedExtractionTest {

  private static final int MIB = 1 << 20;

  @TempDir private Path home;
  private final Random random = new Random(9);

  /** Breaks a block of the archive that is in its middle, of which nothing stays in memory. */
  private static final String BREAK =
      """
      logical=$(filefrag -v -b4096 "$0" |
        awk '$2 ~ /\\.\\.$/ && 1500 >= $2 + 0 && 1500 <= $3 + 0 {print ($4 + 1500 - $2) * 4096}')
      physical=$(btrfs-map-logical -l $logical "$1" | sed -n 's/.*physical \\([0-9]*\\).*/\\1/p;q')
      printf BROKEN | dd of="$1" bs=1 seek=$((physical + 100)) conv=notrunc,fsync status=none
      echo 3 >/proc/sys/vm/drop_caches
      """;

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private Path folder(LoopbackBtrfs btrfs) throws IOException {
    Path folder = Files.createDirectory(btrfs.subvolume("source").resolve("folder"));
    for (int i = 0; i < 30; i++) {
      Files.write(folder.resolve("file-" + i), bytes(random.nextInt(4 * MIB)));
      Files.write(folder.resolve("small-" + i), bytes(random.nextInt(40_000)));
    }
    Files.write(folder.resolve("whole blocks"), bytes(MIB));
    try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("sparse").toFile(), "rw")) {
      for (long at : new long[] {0, MIB, 5 * MIB + 4096}) {
        sparse.seek(at);
        sparse.write(bytes(50_000));
      }
      sparse.setLength(8 * MIB);
    }
    return folder;
  }

  private Path backUp(Path folder, Path storage) throws IOException {
    Run run =
        new AgentSetup(home)
            .strategy("btrfs-snapshot")
            .folders(folder)
            .with("options", "{\"reflink\": \"never\"}")
            .to(storage)
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    Command.run("sync", "-f", storage.toString());
    try (Stream<Path> files = Files.list(storage)) {
      return files.filter(file -> file.toString().endsWith(".tar")).findFirst().orElseThrow();
    }
  }

  private static Run extract(Path storage, Path target) {
    return Commands.run(
        new PlasmaRestore(),
        "extract",
        "latest",
        "--from",
        storage.toString(),
        "--to",
        target.toString());
  }

  private static void assertRestored(Path folder, Path storage, Path target) {
    Run run = extract(storage, target);
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(TreeComparison.withRestored(folder, target.resolve(folder.toString().substring(1))))
        .isEmpty();
  }

  @Test
  void takesNoRoomAndIsThereWhenTheArchiveIsGone() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(1L << 30)) {
      Path folder = folder(btrfs);
      Path storage = btrfs.subvolume("storage");
      Path archive = backUp(folder, storage);
      long before = btrfs.usedBytes();
      Path target = btrfs.subvolume("target");

      assertRestored(folder, storage, target);

      assertThat(btrfs.usedBytes() - before).isLessThan(3 * MIB);
      Path restored = target.resolve(folder.toString().substring(1));
      assertThat(Command.run("filefrag", "-v", restored.resolve("whole blocks").toString()))
          .contains("shared");
      Files.delete(archive);
      Command.run("sync", "-f", storage.toString());
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1");
      assertThat(TreeComparison.withRestored(folder, restored)).isEmpty();
    }
  }

  @Test
  void copiesWhereBlocksCannotBeShared() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(1L << 30);
        LoopbackBtrfs other = LoopbackBtrfs.create(1L << 30)) {
      Path folder = folder(btrfs);
      Path storage = btrfs.subvolume("storage");
      backUp(folder, storage);
      assertRestored(folder, storage, other.subvolume("target"));
      assertRestored(folder, storage, home.resolve("target"));
      // What is written in place has no checksums, and shares no blocks with what has.
      Path inPlace = btrfs.subvolume("target");
      Command.run("chattr", "+C", inPlace.toString());
      assertRestored(folder, storage, inPlace);
    }
  }

  @Test
  void whatTheDiskHasLostOfTheArchiveIsNotPassedOn() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(1L << 30)) {
      Path folder = Files.createDirectory(btrfs.subvolume("source").resolve("folder"));
      Files.write(folder.resolve("a"), bytes(MIB));
      Files.write(folder.resolve("b"), bytes(9 * MIB));
      Path storage = btrfs.subvolume("storage");
      Path archive = backUp(folder, storage);
      Command.run("bash", "-ec", BREAK, archive.toString(), btrfs.device());
      Path target = btrfs.subvolume("target");

      Run run = extract(storage, target);

      String name = folder.resolve("b").toString().substring(1);
      assertThat(run.err())
          .contains("refused: " + name + ": has data that the archive has lost: ")
          .contains("Input/output error");
      assertThat(run.status()).isEqualTo(19);
      assertThat(target.resolve(name)).doesNotExist();
      assertThat(target.resolve(folder.resolve("a").toString().substring(1)))
          .hasSameBinaryContentAs(folder.resolve("a"));
    }
  }
}
