package io.plasmabackup.walk;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.plasmabackup.btrfs.InlineData;
import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.RandomTree;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.walk.Entry.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a snapshot's tree says, next to what the system calls say, of the same snapshot. */
@Tag("loopback")
class BulkWalkTest {

  /** Of no mount is anything known, so that nothing is read in bulk. */
  private static final MountTable NO_MOUNTS = new MountTable(List.of());

  private static final Notes NONE =
      (path, how) -> {
        throw new AssertionError(path + " " + how);
      };

  private static Path snapshot(LoopbackBtrfs btrfs, Path source) {
    Path snapshot = btrfs.root().resolve("snapshot");
    btrfs.btrfs("subvolume", "snapshot", "-r", source.toString(), snapshot.toString());
    return snapshot;
  }

  private static List<String> walk(Fd root, MountTable mounts) throws Exception {
    List<String> seen = new ArrayList<>();
    Tree tree = new Tree(root, RawPath.EMPTY, RawPath.of("t"), Tree.Source.SNAPSHOT);
    try (TreeWalk walk = new TreeWalk(List.of(tree), mounts, WalkRules.EVERYTHING, NONE)) {
      for (Item item = walk.next(); item != null; item = walk.next()) {
        seen.add(item instanceof Entry entry ? describe(entry) : item.toString());
      }
    }
    return seen;
  }

  private static String describe(Entry entry) throws Exception {
    Metadata metadata = entry.metadata();
    StringBuilder attributes = new StringBuilder();
    metadata
        .attributes()
        .forEach((name, value) ->
            attributes.append(name).append('=').append(HexFormat.of().formatHex(value)));
    Object kind =
        entry.kind() instanceof Kind.RegularFile file
            ? file.size() + " " + file.extents() + " " + digest(file)
            : entry.kind();
    return String.join(
        " ",
        entry.name().toString(),
        entry.id().toString(),
        Integer.toOctalString(metadata.permissions()),
        metadata.uid() + ":" + metadata.gid(),
        metadata.user() + ":" + metadata.group(),
        metadata.modified().toString(),
        metadata.changed().toString(),
        metadata.flags().toString(),
        attributes,
        kind.toString());
  }

  private static String digest(Kind.RegularFile file) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    try (OpenContent content = file.content().open()) {
      for (Entry.Extent extent : file.extents()) {
        for (long at = 0; at < extent.length(); at += buffer.position()) {
          buffer.clear().limit((int) Math.min(buffer.capacity(), extent.length() - at));
          content.read(extent.offset() + at, buffer);
          assertThat(buffer.hasRemaining()).isFalse();
          sha256.update(buffer.duplicate().flip());
        }
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private void compare(Path snapshot) throws Exception {
    try (Fd root = Fd.openDirectory(RawPath.of(snapshot.toString()))) {
      MountTable mounts = MountTable.read();
      assertThat(InodeReader.of(root, mounts)).isPresent();
      assertThat(InodeReader.of(root, NO_MOUNTS)).isEmpty();
      List<String> expected = walk(root, NO_MOUNTS);
      assertThat(expected).hasSizeGreaterThan(3);
      assertThat(walk(root, mounts)).containsExactlyElementsOf(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, compress=no",
    "2, compress=no",
    "3, compress=zstd:3",
    "4, compress-force=lzo",
    "5, nodatacow",
    "6, max_inline=0",
    "7, compress=zlib"
  })
  void randomTreesAreTheSame(long seed, String option) throws Exception {
    Requires.root();
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(option)) {
      Path source = btrfs.subvolume("source");
      RandomTree.growOnBtrfs(source, seed, "--subvolumes");
      compare(snapshot(btrfs, source));
    }
  }

  @Test
  void manyLinksInOneDirectoryAndManyPiecesOfOneFileAreTheSame() throws Exception {
    Requires.root();
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create("compress=zstd:3")) {
      Path source = btrfs.subvolume("source");
      Command.run(
          "python3",
          "-c",
          """
          import os, sys
          os.chdir(sys.argv[1])
          # More references than fit into one item: INODE_EXTREF.
          open('first', 'w').close()
          for i in range(900):
              os.link('first', 'one-more-name-for-one-and-the-same-file-%04d' % i)
          # Runs of data: as many as are kept, and more; and so many items that a search breaks off.
          for runs in (31, 32, 33, 34, 6000):
              with open('runs-%d' % runs, 'wb') as f:
                  for i in range(runs):
                      f.seek(i * 8192)
                      f.write(b'x' * 4096)
          # Between the inodes that are asked for, a directory with many items.
          open('before', 'w').close()
          os.mkdir('between')
          open('after', 'w').close()
          for i in range(5000):
              open('between/some-file-%05d' % i, 'w').write(str(i))
          # Inline data, of a file that is longer.
          with open('inline', 'wb') as f:
              f.write(b'inline')
              f.flush()
              os.fsync(f.fileno())
              f.truncate(100_000)
          for i in range(40):
              os.setxattr('after', b'user.%d' % i, bytes(100))
          """,
          source.toString());
      Command.run("sync", "-f", source.toString());
      compare(snapshot(btrfs, source));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "compress=no, true",
    "compress-force=zstd:3, true",
    "compress-force=lzo, false",
    "max_inline=0, false"
  })
  void smallFilesComeWithTheirInodesWhereTheyAreThere(String option, boolean there)
      throws Exception {
    Requires.root();
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(option)) {
      Path source = btrfs.subvolume("source");
      // Compressed: more than would be there as it is.
      String text = "so that it is worth the while to compress it\n".repeat(30);
      Files.writeString(source.resolve("small"), text);
      Files.writeString(source.resolve("large"), text.repeat(1000));
      Files.createFile(source.resolve("none"));
      Path snapshot = snapshot(btrfs, source);
      compare(snapshot);
      try (Fd root = Fd.openDirectory(RawPath.of(snapshot.toString()));
          TreeWalk walk =
              new TreeWalk(
                  List.of(new Tree(root, RawPath.EMPTY, RawPath.of("t"), Tree.Source.SNAPSHOT)),
                  MountTable.read(),
                  WalkRules.EVERYTHING,
                  NONE)) {
        List<Class<?>> contents = new ArrayList<>();
        for (Item item = walk.next(); item != null; item = walk.next()) {
          if (item instanceof Entry(_, _, Kind.RegularFile file, _)) {
            contents.add(file.content().getClass());
          }
        }
        assertThat(contents)
            .containsExactly(
                FileContent.class,
                FileContent.class,
                there ? InlineContent.class : FileContent.class);
      }
    }
  }

  @Test
  void whatDoesNotDecompressIsReadFromTheFile() throws Exception {
    Requires.root();
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path file = Files.writeString(btrfs.root().resolve("file"), "content");
      try (Fd root = Fd.openDirectory(RawPath.of(btrfs.root().toString()))) {
        Tree tree = new Tree(root, RawPath.EMPTY, RawPath.EMPTY, Tree.Source.SNAPSHOT);
        RawPath name = RawPath.of(file.getFileName().toString());
        FileContent real = new FileContent(tree, name, root.statusAt(name), FileContent.UNKNOWN);
        ByteBuffer buffer = ByteBuffer.allocateDirect(20);
        byte[] frame = Zstd.compress("content".getBytes(StandardCharsets.UTF_8));
        for (InlineData data :
            List.of(
                new InlineData(frame, true, 7),
                new InlineData(frame, true, 6),
                new InlineData(frame, true, 8),
                new InlineData(new byte[] {1, 2, 3}, true, 7))) {
          try (OpenContent content = new InlineContent(data, real).open()) {
            content.read(0, buffer.clear());
            assertThat(StandardCharsets.UTF_8.decode(buffer.flip()).toString())
                .isEqualTo("content");
            content.read(3, buffer.clear().limit(2));
            assertThat(StandardCharsets.UTF_8.decode(buffer.flip()).toString()).isEqualTo("te");
            content.read(9, buffer.clear());
            assertThat(buffer.position()).isZero();
          }
        }
      }
    }
  }

  @Test
  void whatCanBeWrittenToIsAskedAboutFileByFile() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create();
        Fd root = Fd.openDirectory(RawPath.of(btrfs.subvolume("source").toString()))) {
      assertThat(InodeReader.of(root, MountTable.read())).isEmpty();
    }
  }

  @Test
  void withoutThePrivilegeASnapshotIsAskedAboutFileByFile() throws Exception {
    Requires.root();
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path source = btrfs.subvolume("source");
      // No attributes that only the privileged can see: trusted.*.
      Command.run(
          "sh",
          "-c",
          "cd \"$0\" && mkdir -p a/b c && echo 1 > a/1 && ln a/1 c/2 && ln -s 1 a/b/3 && mkfifo c/4"
              + " && setfattr -n user.5 -v 6 a/1 && truncate -s 1M c/7",
          source.toString());
      String snapshot = snapshot(btrfs, source).toString();
      List<String> privileged = walkElsewhere(List.of(), snapshot);
      assertThat(privileged).hasSizeGreaterThan(3).startsWith("in bulk: true");
      List<String> expected = new ArrayList<>(privileged);
      expected.set(0, "in bulk: false");
      assertThat(walkElsewhere(List.of("setpriv", "--bounding-set", "-sys_admin"), snapshot))
          .containsExactlyElementsOf(expected);
    }
  }

  /** Walks in a process of its own, which {@code wrapper} takes something away from. */
  private static List<String> walkElsewhere(List<String> wrapper, String snapshot) {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            BulkWalkTest.class.getName(),
            snapshot));
    return Command.run(command.toArray(String[]::new)).lines().toList();
  }

  public static void main(String[] arguments) throws Exception {
    try (Fd root = Fd.openDirectory(RawPath.of(arguments[0]))) {
      MountTable mounts = MountTable.read();
      System.out.println("in bulk: " + InodeReader.of(root, mounts).isPresent());
      walk(root, mounts).forEach(System.out::println);
    }
  }
}
