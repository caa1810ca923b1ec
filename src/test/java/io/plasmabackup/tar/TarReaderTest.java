package io.plasmabackup.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember.Extent;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others write, and what nobody should. */
class TarReaderTest {

  private static final String LONG = "long-".repeat(45);

  @TempDir private Path folder;
  private Path tree = Path.of("");

  /** A member with what its file would hold. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by hand.
  private record Read(TarMember member, byte[] content) {}

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(folder.resolve("tree"));
    Files.writeString(tree.resolve("file"), "content");
    Files.createFile(tree.resolve("empty"));
    byte[] large = new byte[100_001];
    new Random(1).nextBytes(large);
    Files.write(tree.resolve("large"), large);
    Files.createSymbolicLink(tree.resolve("symbolic"), Path.of("somewhere/else"));
    Files.createLink(tree.resolve("z second name"), tree.resolve("file"));
    Command.run("mkfifo", tree.resolve("fifo").toString());
  }

  private void makeLongNames() throws IOException {
    Files.writeString(tree.resolve(LONG), LONG);
    Files.createSymbolicLink(tree.resolve("to-" + LONG), Path.of(LONG + "x"));
  }

  private void makeSparse(String name, long size, long... data) throws IOException {
    try (SeekableByteChannel file =
        Files.newByteChannel(
            tree.resolve(name),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      for (long at : data) {
        file.position(at).write(ByteBuffer.wrap(("at " + at).getBytes(StandardCharsets.UTF_8)));
      }
    }
    Command.run("truncate", "-s", Long.toString(size), tree.resolve(name).toString());
  }

  private Path pack(String... command) {
    Path archive = folder.resolve("archive.tar");
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("-cf", archive.toString(), "-C", folder.toString(), "tree"));
    Command.run(all.toArray(String[]::new));
    return archive;
  }

  private static Map<String, Read> read(InputStream in) throws IOException {
    Map<String, Read> members = new HashMap<>();
    TarReader reader = new TarReader(in);
    for (TarMember member = reader.next(); member != null; member = reader.next()) {
      byte[] content = new byte[Math.toIntExact(member.size())];
      for (Extent extent : member.extents()) {
        int end = (int) extent.end();
        for (int at = (int) extent.offset(); at < end; ) {
          int count = reader.read(content, at, end - at);
          assertThat(count).isPositive();
          at += count;
        }
      }
      assertThat(reader.read(new byte[1], 0, 1)).isNegative();
      assertThat(members.put(member.name().toString(), new Read(member, content))).isNull();
    }
    return members;
  }

  private static long number(Map<String, Object> status, String key) {
    return ((Number) Objects.requireNonNull(status.get(key))).longValue();
  }

  private static Read read(InputStream in, String name) throws IOException {
    return Objects.requireNonNull(read(in).get(name));
  }

  private void assertTree(Path archive) throws IOException {
    Map<String, Read> members;
    try (InputStream in = Files.newInputStream(archive)) {
      members = read(in);
    }
    int files = 0;
    try (Stream<Path> walk = Files.walk(tree)) {
      for (Path path : walk.toList()) {
        files++;
        String name = folder.relativize(path).toString();
        Read read = members.getOrDefault(name, members.get(name + "/"));
        assertMember(path, Objects.requireNonNull(read));
      }
    }
    assertThat(members).hasSize(files);
  }

  private void assertMember(Path path, Read read) throws IOException {
    TarMember member = read.member();
    Map<String, Object> status = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
    assertThat(member.modified().seconds())
        .isEqualTo(Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toMillis() / 1000);
    assertThat(member.uid()).isEqualTo(number(status, "uid"));
    assertThat(member.gid()).isEqualTo(number(status, "gid"));
    if (Files.isSymbolicLink(path)) {
      assertThat(member.type()).isEqualTo(TarMember.Type.SYMBOLIC_LINK);
      assertThat(member.link()).hasToString(Files.readSymbolicLink(path).toString());
      return;
    }
    assertThat(member.permissions()).isEqualTo((int) number(status, "mode") & 07777);
    if (Files.isDirectory(path)) {
      assertThat(member.type()).isEqualTo(TarMember.Type.DIRECTORY);
    } else if (!Files.isRegularFile(path)) {
      assertThat(member.type()).isEqualTo(TarMember.Type.FIFO);
    } else if (member.type() == TarMember.Type.HARD_LINK) {
      assertThat(Files.isSameFile(path, folder.resolve(member.link().toString()))).isTrue();
    } else {
      assertThat(member.type()).isEqualTo(TarMember.Type.FILE);
      assertThat(read.content()).as(path.toString()).isEqualTo(Files.readAllBytes(path));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v7", "oldgnu", "gnu", "ustar", "pax"})
  void readsWhatGnuTarWrites(String format) throws Exception {
    if (!format.equals("v7") && !format.equals("ustar")) {
      makeLongNames();
    }
    if (format.equals("v7")) {
      Files.delete(tree.resolve("fifo"));
    }
    assertTree(pack("tar", "--format=" + format));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnutar", "ustar", "pax", "paxr"})
  void readsWhatBsdtarWrites(String format) throws Exception {
    Requires.tool("/usr/bin/bsdtar");
    if (!format.equals("ustar")) {
      makeLongNames();
    }
    assertTree(pack("bsdtar", "--format", format));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=gnu",
        "--format=pax --sparse-version=0.0",
        "--format=pax --sparse-version=0.1",
        "--format=pax --sparse-version=1.0"
      })
  void readsSparseFiles(String options) throws Exception {
    long[] many = new long[60];
    Arrays.setAll(many, i -> 100_000L * i + 65_536);
    makeSparse("sparse", 7_000_000, many);
    makeSparse("sparse-hole", 1_000_000);
    makeSparse("sparse-start", 200_000, 0);
    makeSparse("sparse-end", 300_004, 300_000);
    List<String> command = new ArrayList<>(List.of("tar", "-S"));
    command.addAll(List.of(options.split(" ")));
    Path archive = pack(command.toArray(String[]::new));
    assertTree(archive);
    try (InputStream in = Files.newInputStream(archive)) {
      assertThat(read(in, "tree/sparse").member().extents()).hasSizeGreaterThan(20);
    }
  }

  @Test
  void readsLargeNumbers() throws Exception {
    for (String format : List.of("gnu", "pax")) {
      Path archive =
          pack(
              "tar",
              "--format=" + format,
              "--owner=someone:4000000000",
              "--group=some:3000000000",
              "--mtime=@-1.5");
      try (InputStream in = Files.newInputStream(archive)) {
        TarMember member = read(in, "tree/file").member();
        assertThat(member.uid()).isEqualTo(4_000_000_000L);
        assertThat(member.gid()).isEqualTo(3_000_000_000L);
        assertThat(member.user()).isEqualTo("someone");
        assertThat(member.group()).isEqualTo("some");
        assertThat(member.modified())
            .isEqualTo(new Timestamp(-2, format.equals("pax") ? 500_000_000 : 0));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tar --xattrs", "bsdtar --xattrs"})
  void readsAttributes(String program) throws Exception {
    Requires.tool("/usr/bin/bsdtar");
    Command.run(
        "setfattr", "-n", "user.a=b%41", "-v", "0xff003d0a", tree.resolve("file").toString());
    Path archive = pack((program + " --format pax").split(" "));
    try (InputStream in = Files.newInputStream(archive)) {
      assertThat(read(in, "tree/file").member().attributes())
          .containsOnlyKeys(RawPath.of("user.a=b%41"))
          .allSatisfy(
              (name, value) -> assertThat(value).isEqualTo(new byte[] {(byte) 0xff, 0, '=', '\n'}));
    }
  }

  @Test
  void aVolumesNameIsNoMember() throws Exception {
    assertTree(pack("tar", "--format=gnu", "-V", "a volume"));
  }

  @Test
  void everyCutIsNoticed() throws Exception {
    makeLongNames();
    makeSparse("sparse", 200_000, 100_000);
    Files.delete(tree.resolve("large"));
    byte[] archive = Files.readAllBytes(pack("tar", "-S", "--format=pax", "--blocking-factor=1"));
    int members = read(new ByteArrayInputStream(archive)).size();
    for (int length = 1; length < archive.length - 1024; length++) {
      byte[] cut = Arrays.copyOf(archive, length);
      try {
        // Between two members it may be a tar without an end.
        assertThat(length % 512).isZero();
        assertThat(read(new ByteArrayInputStream(cut))).hasSizeLessThan(members);
      } catch (IOException | AssertionError expected) {
        assertThat(expected).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void noDamageIsOurDefect() throws Exception {
    makeLongNames();
    makeSparse("sparse", 200_000, 100_000);
    byte[] archive = Files.readAllBytes(pack("tar", "-S", "--xattrs", "--format=pax"));
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = archive.clone();
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      TarReader reader = new TarReader(new ByteArrayInputStream(damaged));
      try {
        TarMember member = reader.next();
        while (member != null) {
          member = reader.next();
        }
      } catch (IOException expected) {
        assertThat(expected).message().isNotBlank();
      }
    }
  }

  @Test
  void whatIsNoTarIsSaidToBeNone() {
    byte[] text = "This is text, and no tar at all.\n".repeat(100).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> read(new ByteArrayInputStream(text)))
        .isInstanceOf(MalformedTarException.class)
        .hasMessageContaining("it is no tar");
    assertThatThrownBy(() -> read(new ByteArrayInputStream(Arrays.copyOf(text, 100))))
        .isInstanceOf(IOException.class);
  }
}
