package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives on the filesystem of what is in them, which share its blocks. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class ReflinkTest {

  private static final int MIB = 1 << 20;
  private static final String NEVER = "{\"reflink\": \"never\"}";
  private static final String AUTO = "{\"reflink\": \"auto\"}";

  @TempDir Path temp;
  private final Random random = new Random(3);

  /** A folder in a subvolume: a subvolume's own times change when snapshots are made there. */
  private Path folder(LoopbackBtrfs btrfs) throws IOException {
    Path folder = Files.createDirectory(btrfs.subvolume("source").resolve("folder"));
    write(folder.resolve("large"), 9 * MIB + 77);
    Files.createLink(folder.resolve("large too"), folder.resolve("large"));
    for (int i = 0; i < 50; i++) {
      write(folder.resolve("file-" + i), random.nextInt(150_000));
    }
    Path inPlace = Files.createFile(folder.resolve("in place"));
    Command.run("chattr", "+C", inPlace.toString());
    write(inPlace, 200_000);
    Files.writeString(folder.resolve("compressible"), "again and ".repeat(50_000));
    Path allocated = folder.resolve("allocated");
    Command.run("fallocate", "-l", "1M", allocated.toString());
    try (RandomAccessFile file = new RandomAccessFile(allocated.toFile(), "rw")) {
      file.seek(100_000);
      file.write(bytes(300_000));
    }
    try (RandomAccessFile sparse = new RandomAccessFile(folder.resolve("sparse").toFile(), "rw")) {
      for (long at : new long[] {0, MIB, 5 * MIB + 4096}) {
        sparse.seek(at);
        sparse.write(bytes(50_000));
      }
      sparse.setLength(8 * MIB);
    }
    btrfs.btrfs("filesystem", "sync", btrfs.root().toString());
    return folder;
  }

  private void write(Path file, int size) throws IOException {
    Files.write(file, bytes(size));
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private AgentSetup agent(Path folder, Path storage, String options) {
    return new AgentSetup(temp)
        .strategy("btrfs-snapshot")
        .folders(folder)
        .with("options", options)
        .to(storage);
  }

  /** What the agent said. */
  private String backUp(Path folder, Path storage, String options) throws IOException {
    return run(agent(folder, storage, options));
  }

  private static String run(AgentSetup agent) throws IOException {
    Run run = agent.run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return run.out();
  }

  private static Path archive(Path storage) throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      List<Path> archives = files.filter(file -> file.toString().endsWith(".tar")).toList();
      assertThat(archives).hasSize(1);
      return archives.getFirst();
    }
  }

  /**
   * Without what differs from run to run: the first line, the snapshots' device numbers, and what
   * was done.
   */
  private static String index(Path storage) throws IOException {
    String text =
        Command.run("zstd", "-dcq", archive(storage) + ArchiveName.INDEX_SUFFIX)
            .replaceAll("\"device\":\"[^\"]*\"", "")
            .replaceAll("\n\\{\"scanned\":[^\n]*", "");
    return text.substring(text.indexOf('\n'));
  }

  @ParameterizedTest
  @ValueSource(strings = {"compress=zstd:3", "compress=no", "compress-force=lzo"})
  void archiveIsTheSameAsOneThatWasRead(String options) throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(2L << 30, options)) {
      Path folder = folder(btrfs);
      RandomTree.growOnBtrfs(folder, 4).close();
      Path read = Files.createDirectory(temp.resolve("read"));
      Path shared = btrfs.subvolume("shared");

      assertThat(backUp(folder, read, NEVER)).contains(", sha256 ");
      assertThat(backUp(folder, shared, AUTO))
          .contains(" shared with the files and not read: no sha256")
          .doesNotContain("sha256 ");

      assertThat(Files.mismatch(archive(read), archive(shared))).isEqualTo(-1);
      assertThat(index(shared)).contains("\"shared\":");
      assertThat(Command.run("filefrag", "-v", archive(shared).toString())).contains("shared");
      // Nor when it has to be read from the disk.
      btrfs.btrfs("filesystem", "sync", btrfs.root().toString());
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1");
      assertThat(Files.mismatch(archive(read), archive(shared))).isEqualTo(-1);
    }
  }

  @Test
  void archiveTakesHardlyAnySpaceAndIsThereWhenTheFilesAreGone() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(1L << 30)) {
      Path source = btrfs.subvolume("source");
      Path folder = Files.createDirectory(source.resolve("folder"));
      for (int i = 0; i < 40; i++) {
        write(folder.resolve("file-" + i), 2 * MIB + i * 1000);
      }
      Path storage = btrfs.subvolume("storage");
      long before = btrfs.usedBytes();

      backUp(folder, storage, AUTO);

      assertThat(btrfs.usedBytes() - before).isLessThan(8 * MIB);
      Path restored = Files.createDirectory(temp.resolve("restored"));
      Path kept = Files.createDirectory(temp.resolve("kept"));
      Command.run("cp", "-a", folder.toString(), kept.toString());
      assertThat(Command.run("tar", "-C", "/", "-df", archive(storage).toString())).isEmpty();
      btrfs.btrfs("subvolume", "delete", "-c", source.toString());
      btrfs.btrfs("subvolume", "sync", btrfs.root().toString());
      Command.run("tar", "-C", restored.toString(), "-xf", archive(storage).toString());
      Command.run("diff", "-r", kept.resolve("folder").toString(), restored + folder.toString());
    }
  }

  @Test
  void storageThatHasNoRoomForACopyHasRoomForTheArchive() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(512L * MIB)) {
      Path folder = Files.createDirectory(btrfs.subvolume("source").resolve("folder"));
      write(folder.resolve("large"), 250 * MIB);
      btrfs.btrfs("filesystem", "sync", btrfs.root().toString());
      Path storage = btrfs.subvolume("storage");

      Run refused = agent(folder, storage, NEVER).run();
      assertThat(refused.status()).isNotZero();
      assertThat(refused.err()).contains("is too full");

      assertThat(backUp(folder, storage, AUTO)).contains("250.0 MiB shared with the files");
    }
  }

  @Test
  void whereBlocksCannotBeSharedTheyAreRead() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(1L << 30);
        LoopbackBtrfs other = LoopbackBtrfs.create()) {
      Path folder = folder(btrfs);
      Path elsewhere = Files.createDirectory(temp.resolve("elsewhere"));
      Path inPlace = btrfs.subvolume("in-place");
      Command.run("chattr", "+C", inPlace.toString());
      Path onOther = other.subvolume("storage");

      for (Path storage : List.of(elsewhere, inPlace, onOther)) {
        assertThat(backUp(folder, storage, AUTO)).as(storage.toString()).contains(", sha256 ");
        assertThat(Files.mismatch(archive(elsewhere), archive(storage))).isEqualTo(-1);
        assertThat(index(storage)).isEqualTo(index(elsewhere));
      }
    }
  }

  @Test
  void whatATempfileSharesIsDigestedOnItsWay() throws Exception {
    // There is no room for a copy.
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(512L * MIB)) {
      Path folder = folder(btrfs);
      write(folder.resolve("larger"), 250 * MIB);
      Path read = Files.createDirectory(temp.resolve("read"));
      Path shared = Files.createDirectory(temp.resolve("shared"));
      Path tempfile = btrfs.subvolume("tempfiles").resolve("archive.tar");
      backUp(folder, read, NEVER);

      String said =
          run(agent(folder, shared, AUTO).with("tempfile", AgentSetup.string(tempfile.toString())));

      assertThat(said).contains(", sha256 " + sha256(archive(shared)));
      assertThat(Files.mismatch(archive(read), archive(shared))).isEqualTo(-1);
      assertThat(index(shared)).isEqualTo(index(read));
      assertThat(tempfile).doesNotExist();
    }
  }

  private static String sha256(Path file) {
    return Command.run("sha256sum", file.toString()).split(" ", 2)[0];
  }
}
