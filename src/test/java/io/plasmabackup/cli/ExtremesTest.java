package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is too large for random trees, through the whole agent. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class ExtremesTest {

  private static final int DEPTH = 1000;

  @AutoClose private static LoopbackBtrfs btrfs;

  private Path folder;
  private Path work;

  @BeforeAll
  static void makeFilesystem() throws IOException {
    btrfs = LoopbackBtrfs.create(4L << 30);
  }

  @BeforeEach
  void makeFolders(TestInfo test) throws IOException {
    String name = test.getTestMethod().orElseThrow().getName();
    folder = Files.createDirectory(btrfs.subvolume(name).resolve("folder"));
    work = Files.createDirectory(btrfs.root().resolve("work-" + name));
  }

  private LocalBackup backUp() throws IOException {
    Command.run("sync", "-f", folder.toString());
    return LocalBackup.of(folder, work);
  }

  private void restoresEqual(LocalBackup backup) throws IOException {
    assertThat(TreeComparison.withRestored(folder, backup.restoredByGnuTar())).isEmpty();
  }

  private void readsEqual(LocalBackup backup) throws IOException {
    assertThat(TreeComparison.withTar(folder, backup.archive(), backup.name())).isEmpty();
    assertThat(TreeComparison.withIndex(folder, backup.unpackedIndex(), backup.name())).isEmpty();
    assertThat(backup.membersByBsdtar()).isEqualTo(backup.members());
  }

  @Test
  void aDirectoryWithAHundredThousandEntries() throws Exception {
    int entries = 100_000;
    for (int i = 0; i < entries; i++) {
      Files.createFile(folder.resolve("entry-" + Integer.reverse(i)));
    }

    LocalBackup backup = backUp();

    assertThat(backup.members()).isEqualTo(entries + 1);
    assertThat(backup.membersByBsdtar()).isEqualTo(entries + 1);
    restoresEqual(backup);
  }

  @Test
  void aThousandDirectoriesWithinOneAnother() throws Exception {
    Path bottom = folder.resolve(String.join("/", Collections.nCopies(DEPTH, "d")));
    Files.writeString(Files.createDirectories(bottom).resolve("file"), "deep down");

    LocalBackup backup = backUp();

    assertThat(backup.members()).isEqualTo(DEPTH + 2);
    readsEqual(backup);
    restoresEqual(backup);
  }

  /** GNU tar cannot create them: whoever can restore them goes step by step. */
  @Test
  void aThousandDirectoriesOfWhichNoPathCanBeGivenToTheKernel() throws Exception {
    String script =
        """
        import os, sys
        os.chdir(sys.argv[1])
        for _ in range(int(sys.argv[2])):
          os.mkdir(sys.argv[3])
          os.chdir(sys.argv[3])
        """;
    Command.run("/usr/bin/python3", "-c", script, folder.toString(), "" + DEPTH, "l".repeat(20));

    LocalBackup backup = backUp();

    assertThat(backup.members()).isEqualTo(DEPTH + 1);
    readsEqual(backup);
  }

  @Test
  void aSparseFileOfMoreThanEightGibibytesWithDataAtBothEnds() throws Exception {
    long size = (9L << 30) + 12_345;
    String first = "at the start";
    String last = "at the end";
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("sparse"), StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      file.write(bytes(first), 0);
      file.write(bytes(last), size - last.length());
    }

    LocalBackup backup = backUp();

    assertThat(Files.size(backup.archive())).isLessThan(1 << 20);
    assertThat(TreeComparison.withIndex(folder, backup.unpackedIndex(), backup.name())).isEmpty();
    assertThat(backup.membersByBsdtar()).isEqualTo(backup.members());
    Path restored = backup.restoredByGnuTar().resolve("sparse");
    assertThat(restored).hasSize(size);
    // All but both ends is holes, which are zeros.
    assertThat(Long.parseLong(Command.run("stat", "-c", "%b", restored.toString())))
        .isLessThan(100);
    try (FileChannel file = FileChannel.open(restored)) {
      assertThat(text(file, 0, first.length())).isEqualTo(first);
      assertThat(text(file, size - last.length(), last.length())).isEqualTo(last);
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(FileChannel file, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    file.read(bytes, position);
    return new String(bytes.array(), StandardCharsets.US_ASCII);
  }

  @Test
  void timesOutsideOfOurOwn() throws Exception {
    List<String> times =
        List.of(
            "-62135596800.000000000", // the year 1
            "-2147483649.999999999",
            "-1.500000000",
            "-0.000000001",
            "0.000000000",
            "0.000000001",
            "2147483647.999999999",
            "2147483648.000000000",
            "4294967296.123456789",
            "8589934592.000000001",
            "253402300800.000000000"); // the year 10,000
    for (String time : times) {
      Command.run("touch", "-d", "@" + time, folder.resolve("file" + time).toString());
    }

    LocalBackup backup = backUp();

    Path restored = backup.restoredByGnuTar();
    for (String time : times) {
      Path file = restored.resolve("file" + time);
      assertThat(Command.run("stat", "-c", "%.9Y", file.toString())).isEqualTo(time);
    }
    readsEqual(backup);
  }
}
