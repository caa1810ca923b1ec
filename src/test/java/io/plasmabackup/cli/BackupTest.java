package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job, on a real btrfs and to a real sshd: from the configuration to the archive on the
 * server.
 */
@Tag("loopback")
class BackupTest {

  private static LoopbackBtrfs btrfs;
  private static SshdServer server;

  @TempDir Path temp;
  private AgentSetup agent;

  @BeforeAll
  static void start() throws IOException {
    btrfs = LoopbackBtrfs.create(2L << 30, "compress=zstd:3");
    server = SshdServer.start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    btrfs.close();
  }

  @BeforeEach
  void setUp() {
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").to(server);
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    assertThat(btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString()))
        .as("snapshots that are left")
        .isEmpty();
    assertThat(Command.run("find", btrfs.root().toString(), "-name", ".plasma-snapshots"))
        .isEmpty();
    assertThat(names(server.storage())).noneMatch(name -> name.endsWith(".part"));
    Command.run("find", server.storage().toString(), "-mindepth", "1", "-delete");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** The one archive in the folder, which has its index beside it. */
  private static Path onlyArchive(Path folder) throws IOException {
    List<String> names = names(folder);
    assertThat(names).hasSize(2);
    assertThat(names.get(1)).isEqualTo(names.get(0) + ArchiveName.INDEX_SUFFIX);
    assertThat(ArchiveName.parse(names.get(0))).isPresent();
    return folder.resolve(names.get(0));
  }

  /** A subvolume with a bit of everything. */
  private static Path subvolume(String name, long seed) throws IOException {
    Path root = btrfs.subvolume(name);
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      Path directory = Files.createDirectories(root.resolve("d" + i % 4 + "/e" + i));
      byte[] content = new byte[random.nextInt(200_000)];
      random.nextBytes(content);
      Path file = Files.write(directory.resolve("file " + i), content);
      Files.setLastModifiedTime(
          file,
          FileTime.from(Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000))));
      Files.setPosixFilePermissions(
          file, PosixFilePermissions.fromString(i % 2 == 0 ? "rw-r-----" : "r-xr-xr-x"));
      Files.setAttribute(file, "unix:uid", 1000 + i);
      Files.setAttribute(file, "unix:gid", 2_100_000 + i);
    }
    byte[] large = new byte[9 << 20];
    random.nextBytes(large);
    Files.write(root.resolve("large"), large);
    Files.createLink(root.resolve("d0/hard link to large"), root.resolve("large"));
    Files.createSymbolicLink(root.resolve("d1/link"), Path.of("../nowhere/at all"));
    try (RandomAccessFile sparse = new RandomAccessFile(root.resolve("sparse").toFile(), "rw")) {
      sparse.seek(3 << 20);
      sparse.write("data between holes".getBytes(StandardCharsets.UTF_8));
      sparse.setLength(5 << 20);
    }
    Command.run("mkfifo", root.resolve("fifo").toString());
    Command.run("sync", "-f", root.toString());
    return root;
  }

  private void extractAndCompare(Path archive, Path... folders) throws IOException {
    Path restored = Files.createDirectories(temp.resolve("restored"));
    Command.run(
        "tar",
        "-C",
        restored.toString(),
        "--numeric-owner",
        "--xattrs",
        "--acls",
        "-xpf",
        archive.toString());
    for (Path folder : folders) {
      Path copy = restored.resolve(folder.toString().substring(1));
      assertThat(
              Command.run(
                  "diff",
                  "-r",
                  "--no-dereference",
                  "-x",
                  "fifo",
                  folder.toString(),
                  copy.toString()))
          .isEmpty();
      assertThat(listing(copy)).isEqualTo(listing(folder));
    }
  }

  /** Type, mode, owner, size, mtime with nanoseconds, links and link target of everything below. */
  private static String listing(Path folder) {
    return Command.run(
        "sh",
        "-c",
        "cd \"$1\" && find . -mindepth 1 -printf '%P %y %m %U %G %s %T@ %n %l\\n' | grep -v ' d ' | sort",
        "listing",
        folder.toString());
  }

  @Test
  void snapshotsOfSeveralSubvolumesArriveAsOneTarThatEqualsThem() throws Exception {
    Path one = subvolume("one", 1);
    Path two = subvolume("two", 2);

    Run run = agent.folders(one, two.resolve("d1")).run();

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    Path archive = onlyArchive(server.storage());
    assertThat(Command.run("tar", "-C", "/", "-df", archive.toString())).isEmpty();
    extractAndCompare(archive, one, two.resolve("d1"));
    assertThat(Files.getPosixFilePermissions(archive))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(run.out())
        .contains("snapshot of " + one, "snapshot of " + two)
        .contains("stored " + archive.getFileName() + " in ");
    assertThat(Command.run("sha256sum", archive.toString()).split(" ", -1)[0])
        .isSubstringOf(run.out());
  }

  @Test
  void bsdtarAndPythonReadTheArchiveToo() throws Exception {
    Path folder = subvolume("readers", 3);
    agent.folders(folder).run();
    String archive = onlyArchive(server.storage()).toString();

    List<String> gnu = Command.run("tar", "-tf", archive).lines().sorted().toList();
    assertThat(gnu).hasSizeGreaterThan(30);
    assertThat(Command.run(Requires.tool("bsdtar").toString(), "-tf", archive).lines().sorted())
        .containsExactlyElementsOf(gnu);
    String script =
        "import sys, tarfile\nfor m in tarfile.open(sys.argv[1]): print(m.name + ('/' if m.isdir() else ''))";
    assertThat(Command.run("/usr/bin/python3", "-c", script, archive).lines().sorted())
        .containsExactlyElementsOf(gnu);
  }

  @Test
  void anSftpOnlyAccountIsEnough() throws Exception {
    Path folder = subvolume("chrooted", 4);
    try (SshdServer sftpOnly = SshdServer.startSftpOnly()) {
      Run run = agent.folders(folder).to(sftpOnly).run();

      assertThat(run.err()).isEmpty();
      assertThat(run.status()).isZero();
      assertThat(Command.run("tar", "-C", "/", "-df", onlyArchive(sftpOnly.storage()).toString()))
          .isEmpty();
    }
  }

  @Test
  void aFileThatIsWrittenAllTheTimeIsArchivedAsAtOneMoment() throws Exception {
    Path folder = btrfs.subvolume("busy");
    Path first = folder.resolve("a-first");
    Path last = folder.resolve("z-last");
    Files.write(first, new byte[8]);
    Files.write(last, new byte[8]);
    byte[] filler = new byte[60 << 20];
    new Random(5).nextBytes(filler);
    Files.write(folder.resolve("m-filler"), filler);
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer = new Thread(() -> count(first, last, stop), "writer");
    writer.start();
    try {
      assertThat(agent.folders(folder).run().status()).isZero();
    } finally {
      stop.set(true);
      writer.join();
    }
    Path restored = Files.createDirectories(temp.resolve("restored"));
    Command.run("tar", "-C", restored.toString(), "-xf", onlyArchive(server.storage()).toString());
    Path copy = restored.resolve(folder.toString().substring(1));
    long ahead = number(copy.resolve("a-first"));
    long behind = number(copy.resolve("z-last"));
    // The writer counts in the first file, then in the last: at any one moment they differ by one
    // at most.
    assertThat(ahead - behind).isBetween(0L, 1L);
    assertThat(behind).isPositive();
    assertThat(number(last)).as("the writer went on meanwhile").isGreaterThan(behind + 10);
  }

  private static void count(Path first, Path last, AtomicBoolean stop) {
    try (FileChannel ahead = FileChannel.open(first, StandardOpenOption.WRITE);
        FileChannel behind = FileChannel.open(last, StandardOpenOption.WRITE)) {
      for (long n = 1; !stop.get(); n++) {
        // As a database does; what isn't synced may be newer in one file than in the other, as
        // after a power cut.
        ahead.write(ByteBuffer.allocate(8).putLong(n).flip(), 0);
        ahead.force(false);
        behind.write(ByteBuffer.allocate(8).putLong(n).flip(), 0);
        behind.force(false);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long number(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).getLong();
  }

  @Test
  void aDryRunTellsAllAndTouchesNothing() throws Exception {
    Path folder = subvolume("dry", 6);
    String before = Command.run("find", btrfs.root().toString(), "-printf", "%p %T@ %C@\n");

    Run run = agent.folders(folder).before("touch " + temp.resolve("hook-ran")).run("--dry-run");

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(
            folder + "  snapshot  btrfs ",
            " at /dry: ",
            "1 snapshot would be made, for the time of the run, in " + folder,
            "nothing was changed");
    assertThat(names(server.storage())).isEmpty();
    assertThat(temp.resolve("hook-ran")).doesNotExist();
    assertThat(Command.run("find", btrfs.root().toString(), "-printf", "%p %T@ %C@\n"))
        .isEqualTo(before);

    Run real = agent.without("executeBefore").run();
    String promised = bytes(run.out().lines().filter(line -> line.contains("; archive ")).toList());
    assertThat(bytes(real.out().lines().filter(line -> line.startsWith("stored ")).toList()))
        .isEqualTo(promised);
  }

  /** The last exact number of bytes in the only line. */
  private static String bytes(List<String> lines) {
    assertThat(lines).hasSize(1);
    String line = lines.getFirst();
    String before = line.substring(0, line.lastIndexOf(" bytes ("));
    return before.substring(before.lastIndexOf(' ') + 1);
  }

  @Test
  void aNameThatIsTakenGetsItsSecondsOrLaterOnes() throws Exception {
    Path folder = subvolume("twice", 7);
    // 2026-06-01 is a Monday and the first of a month.
    Clock clock = Clock.fixed(Instant.parse("2026-06-01T10:20:30Z"), ZoneOffset.UTC);
    Path file = agent.folders(folder).with("timezone", "\"Europe/Berlin\"").file();

    for (int i = 0; i < 3; i++) {
      assertThat(Commands.run(new PlasmaAgent(clock), "--config", file.toString()).status())
          .isZero();
    }

    assertThat(names(server.storage()))
        .containsExactly(
            "20260601-1220-monthly.tar",
            "20260601-1220-monthly.tar.index",
            "20260601-122030-monthly.tar",
            "20260601-122030-monthly.tar.index",
            "20260601-122031-monthly.tar",
            "20260601-122031-monthly.tar.index");
  }

  @Test
  void theSameTreeGivesTheSameBytes() throws Exception {
    Path folder = subvolume("same", 8);
    agent.folders(folder).run();
    byte[] first = Files.readAllBytes(onlyArchive(server.storage()));
    Command.run("find", server.storage().toString(), "-mindepth", "1", "-delete");
    agent.run();
    // The snapshots' directory comes and goes in the subvolume's root, whose time changes with it:
    // all but that member.
    byte[] second = Files.readAllBytes(onlyArchive(server.storage()));
    assertThat(second).hasSameSizeAs(first);
    assertThat(Arrays.mismatch(first, 4096, first.length, second, 4096, second.length))
        .isEqualTo(-1);
  }
}
