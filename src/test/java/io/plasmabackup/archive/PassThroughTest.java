package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.Zstd;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexFile.Line;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.walk.EntryStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files as btrfs keeps them, in every way that it has, into archives that other programs read. What
 * is read is a read-only snapshot.
 */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class PassThroughTest {

  /** Each file by its name: how it came to be as it is. */
  private static final String FILES =
      """
      text() { python3 -c 'import sys, random
      random.seed(sys.argv[1]); words = [str(random.random()) for _ in range(300)]
      out = bytearray()
      while len(out) < int(sys.argv[2]): out += random.choice(words).encode() + b" "
      sys.stdout.buffer.write(out[:int(sys.argv[2])])' "$@"; }
      text 1 400000 >whole
      text 2 131072 >one-extent
      text 3 131073 >ends-one-byte-later
      text 4 9000000 >large
      text 5 20000000 >larger
      text 6 1000 >inline
      text 7 30000 >small
      head -c 3000000 /dev/urandom >incompressible
      text 8 400000 >truncated; sync -f .; truncate -s 200000 truncated
      text 9 400000 >truncated-in-a-sector; sync -f .; truncate -s 131080 truncated-in-a-sector
      text 10 400000 >overwritten; sync -f .
      text 11 40000 | dd of=overwritten bs=1 seek=50000 conv=notrunc status=none
      text 12 2000000 >half-overwritten; sync -f .
      text 13 1000000 | dd of=half-overwritten bs=65536 seek=3 conv=notrunc status=none
      text 14 700000 >appended; sync -f .; text 15 70000 >>appended; sync -f .; text 16 700 >>appended
      text 17 600000 >punched; sync -f .; fallocate -p -o 200000 -l 200000 punched
      text 18 600000 >zeroed; sync -f .; fallocate -z -o 100000 -l 300000 zeroed
      fallocate -l 1000000 preallocated
      fallocate -l 1000000 part-written; sync -f .; text 19 300000 | dd of=part-written conv=notrunc status=none
      truncate -s 5000000 sparse; text 20 300000 | dd of=sparse bs=4096 seek=500 conv=notrunc status=none
      truncate -s 900000000 large-and-sparse; text 21 9000000 | dd of=large-and-sparse bs=4096 seek=500 conv=notrunc status=none
      text 22 3000000 | dd of=large-and-sparse bs=4096 seek=100000 conv=notrunc status=none
      cp --reflink=always whole reflinked
      text 23 655360 >pieces; sync -f .; cp pieces pieces-2; sync -f .
      python3 -c 'import fcntl, struct
      source, target = open("pieces"), open("shuffled", "wb")
      for at, frm, length in (0, 262144, 131072), (131072, 65536, 131072), (262144, 4096, 8192), (270336, 0, 524288):
          fcntl.ioctl(target, 0x4020940D, struct.pack("qQQQ", source.fileno(), frm, length, at))'
      touch zlib; btrfs property set zlib compression zlib; text 24 500000 >zlib
      touch lzo; btrfs property set lzo compression lzo; text 25 500000 >lzo
      touch nodatacow; chattr +C nodatacow; text 26 500000 >nodatacow
      (text 27 300000; head -c 300000 /dev/urandom; text 28 300000; head -c 3000000 /dev/zero; text 29 5) >mixed
      for i in $(seq 1 300); do text $i $((i * 113)) >many-$i; done
      ln whole hard-link
      """;

  @TempDir Path work;

  @AutoClose private static LoopbackBtrfs btrfs;
  private static Path parent = Path.of("");

  @BeforeAll
  static void makeFiles() throws IOException {
    btrfs = LoopbackBtrfs.create(2L << 30, "compress=zstd:3");
    Path subvolume = btrfs.subvolume("subvolume");
    Files.createDirectory(subvolume.resolve("tree"));
    Command.run("bash", "-ec", "cd \"$0\"\n" + FILES, subvolume.resolve("tree").toString());
    Command.run("sync", "-f", subvolume.toString());
    parent = snapshot("frozen");
  }

  private static Path snapshot(String name) {
    Path snapshot = btrfs.root().resolve(name);
    btrfs.btrfs(
        "subvolume",
        "snapshot",
        "-r",
        btrfs.root().resolve("subvolume").toString(),
        name(snapshot));
    return snapshot;
  }

  private static String name(Path path) {
    return path.toString();
  }

  private static Packing zstd(int passThroughFrom, int workers) {
    return new Packing(OptionalInt.of(1), passThroughFrom, workers);
  }

  private WrittenArchive archive(Path parent, Packing packing, String name) throws Exception {
    List<String> notes = new ArrayList<>();
    try (Fd base = Fd.openDirectory(RawPath.of(parent.toString()));
        EntryStream entries =
            WrittenArchive.walk(base, "tree", false, WrittenArchive.collecting(notes))) {
      WrittenArchive written = WrittenArchive.write(entries, notes, packing, work.resolve(name));
      assertThat(notes).isEmpty();
      return written;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "32768, 2", "65536, 8", "2147483647, 2"})
  void everyReaderGetsWhatIsThere(int passThroughFrom, int workers) throws Exception {
    WrittenArchive written = archive(parent, zstd(passThroughFrom, workers), "archive.tar.zst");

    readByOthers(written.file());
    ArchiveChecks.indexDescribes(written);
    assertThat(written.summary().bytes()).isLessThan(written.summary().tarBytes());
  }

  private void readByOthers(Path archive) throws Exception {
    String file = archive.toString();
    String parent = PassThroughTest.parent.toString();
    Command.run("zstd", "-tq", file);
    Requires.tool("bsdtar");
    // Comparing opens each file, and restoring makes it: holes too.
    assertThat(Command.run("tar", "--zstd", "-df", file, "-C", parent)).isEmpty();
    assertThat(
            Command.run(
                "bash",
                "-o",
                "pipefail",
                "-ec",
                "zstd -dcq \"$0\" | tar -df - -C \"$1\"",
                file,
                parent))
        .isEmpty();
    // On btrfs, which knows the attribute that says how to compress.
    Path restored = Files.createTempDirectory(btrfs.root(), "restored-");
    Command.run("bsdtar", "-xpf", file, "-C", restored.toString());
    assertThat(Command.run("diff", "-r", parent + "/tree", restored.resolve("tree").toString()))
        .isEmpty();
    String python =
        """
        import sys, tarfile
        for member in tarfile.open(fileobj=sys.stdin.buffer, mode="r|"):
            pass
        print(member.name)
        """;
    assertThat(
            Command.run(
                "bash",
                "-o",
                "pipefail",
                "-ec",
                "zstd -dcq \"$0\" | python3 -c \"$1\"",
                file,
                python))
        .startsWith("tree/");
  }

  /** That the others are equal would also hold if nothing were passed through. */
  @Test
  void whatBtrfsHasCompressedIsNotCompressedAgain() throws Exception {
    byte[] archive = Files.readAllBytes(archive(parent, zstd(1, 2), "a.tar.zst").file());
    byte[] recompressed =
        Files.readAllBytes(archive(parent, zstd(Packing.NO_PASS_THROUGH, 2), "b.tar.zst").file());
    try (Fd file =
        Fd.open(RawPath.of(parent.resolve("tree").resolve("one-extent").toString()), Fd.Use.READ)) {
      byte[] frame = frameOf("one-extent");
      assertThat(Zstd.decompress(frame, 131_072))
          .isEqualTo(Files.readAllBytes(parent.resolve("tree").resolve("one-extent")));
      assertThat(indexOf(archive, frame)).isPositive();
      assertThat(indexOf(recompressed, frame)).isNegative();
      assertThat(file.status().size()).isEqualTo(131_072);
    }
  }

  /** As it is on the device, found by other means. */
  private static byte[] frameOf(String name) throws IOException {
    String extents =
        Command.run("filefrag", "-v", "-b4096", parent.resolve("tree").resolve(name).toString());
    String first =
        extents.lines().filter(line -> line.trim().startsWith("0:")).findFirst().orElseThrow();
    long logical =
        Long.parseLong(first.replaceFirst("^ *0: *\\d+\\.\\. *\\d+: *(\\d+)\\.\\..*", "$1")) * 4096;
    String mapped = Command.run("btrfs-map-logical", "-l", Long.toString(logical), btrfs.device());
    long physical =
        Long.parseLong(
            mapped.lines().findFirst().orElseThrow().replaceFirst(".*physical (\\d+).*", "$1"));
    Path device = Path.of(btrfs.device());
    try (var channel = Files.newByteChannel(device)) {
      var buffer = java.nio.ByteBuffer.allocate(131_072);
      channel.position(physical).read(buffer);
      byte[] bytes = buffer.array();
      return Arrays.copyOf(bytes, (int) Zstd.findFrameCompressedSize(bytes));
    }
  }

  private static int indexOf(byte[] whole, byte[] part) {
    for (int at = 0; at + part.length <= whole.length; at++) {
      if (Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    return -1;
  }

  @Test
  void theBytesAreTheSameHoweverManyPack() throws Exception {
    Path one = archive(parent, zstd(32_768, 1), "one.tar.zst").file();
    for (int workers : new int[] {2, 3, 8}) {
      Path many = archive(parent, zstd(32_768, workers), workers + ".tar.zst").file();
      assertThat(Files.mismatch(one, many)).as("%d workers", workers).isEqualTo(-1);
    }
  }

  @Test
  void holesAreNotStored() throws Exception {
    WrittenArchive written = archive(parent, zstd(1, 2), "archive.tar.zst");
    assertThat(written.summary().tarBytes()).isLessThan(100_000_000);
    for (Line line : IndexFile.parse(written.index()).lines()) {
      if (line.isMember() && line.text("name").endsWith("/large-and-sparse")) {
        assertThat(line.number("dataLength")).isBetween(12_000_000L, 12_100_000L);
        return;
      }
    }
    throw new AssertionError("large-and-sparse is missing");
  }

  /** Deduplication may rewrite what a read-only snapshot refers to, while it is read. */
  @Test
  void aSnapshotMayBeDeduplicatedWhileItIsRead() throws Exception {
    Path other = snapshot("deduplicated");
    AtomicBoolean done = new AtomicBoolean();
    Thread deduplicating =
        new Thread(() -> {
          while (!done.get()) {
            Command.run(
                "python3",
                "-c",
                DEDUPLICATE,
                other.resolve("tree/pieces").toString(),
                other.resolve("tree/pieces-2").toString());
          }
        });
    deduplicating.start();
    try {
      for (int i = 0; i < 2; i++) {
        Path archive = archive(other, zstd(1, 3), "archive-" + i + ".tar.zst").file();
        assertThat(Command.run("tar", "--zstd", "-df", archive.toString(), "-C", other.toString()))
            .isEmpty();
      }
    } finally {
      done.set(true);
      deduplicating.join();
    }
  }

  /** FIDEDUPERANGE of linux/fs.h, in pieces of a sector so that extents become many. */
  private static final String DEDUPLICATE =
      """
      import fcntl, random, struct, sys
      source, target = (open(name, "rb") for name in sys.argv[1:])
      for _ in range(20):
          at = random.randrange(160) * 4096
          request = bytearray(struct.pack("QQHHIqQQiI", at, 4096, 1, 0, 0, target.fileno(), at, 0, 0, 0))
          fcntl.ioctl(source, 0xC0189436, request)
          assert struct.unpack_from("i", request, 48)[0] == 0, request
      """;

  /** Writes into the middle of an extent, of which nothing stays in memory. */
  private static final String BREAK =
      """
      logical=$(filefrag -v -b4096 "$0"/large | awk '$1 == "20:" {sub(/\\.\\./, "", $4); print $4 * 4096}')
      physical=$(btrfs-map-logical -l $logical "$1" | sed -n 's/.*physical \\([0-9]*\\).*/\\1/p;q')
      printf BROKEN | dd of="$1" bs=1 seek=$((physical + 100)) conv=notrunc,fsync status=none
      echo 3 >/proc/sys/vm/drop_caches
      """;

  @ParameterizedTest
  @ValueSource(ints = {1, Packing.NO_PASS_THROUGH})
  void aBlockThatCannotBeReadEndsTheBackupByName(int passThroughFrom) throws Exception {
    try (LoopbackBtrfs broken = LoopbackBtrfs.create("compress=zstd:3")) {
      Path subvolume = broken.subvolume("subvolume");
      Path folder = Files.createDirectory(subvolume.resolve("tree"));
      Files.copy(parent.resolve("tree").resolve("large"), folder.resolve("large"));
      Command.run("sync", "-f", folder.toString());
      Command.run("bash", "-ec", BREAK, folder.toString(), broken.device());
      Failure failure =
          catchThrowableOfType(
              Failure.class, () -> archive(subvolume, zstd(passThroughFrom, 2), "broken.tar.zst"));
      assertThat(failure.exitCode()).isEqualTo(ExitCode.READ);
      assertThat(failure).hasMessageContaining("/tree/large").hasMessageContaining("Input/output");
    }
  }
}
