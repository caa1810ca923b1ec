package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Archive;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import io.plasmabackup.testing.SshdServer;
import io.plasmabackup.testing.TreeComparison;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code plasma-restore reindex}, of archives that the agent has made, and of others; and what the
 * other commands do without an index that is of any use.
 */
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ReindexArchivesTest {

  private static final int MIB = 1 << 20;

  /** What can have become of an index. */
  private static final Map<String, UnaryOperator<byte[]>> DAMAGES =
      Map.of(
          "cut", index -> Arrays.copyOf(index, index.length / 2),
          "empty", index -> new byte[0],
          "flipped at the start", index -> flipped(index, 40),
          "flipped in the middle", index -> flipped(index, index.length / 2),
          "flipped in the directory", index -> flipped(index, index.length - 30),
          "zeros", index -> new byte[index.length]);

  @TempDir private Path home;
  private Path storage = Path.of("");
  private Path folder = Path.of("");
  private final Random random = new Random(3);

  /** A member, and where in the archive's tar its headers start. */
  private record Placed(Member member, long at) {}

  /** An index, read by its lines. */
  private record Index(IndexLine.Header header, List<Segment> segments, List<Placed> members) {

    /** What must be alike however an index was made; where segments start is not. */
    List<Placed> facts() {
      return members.stream()
          .map(placed -> new Placed(told(placed.member.inSegmentAt(placed.member.at())), placed.at))
          .toList();
    }

    /** What the archive itself tells of a member. */
    private static Member told(Member member) {
      return new Member(
          member.name(),
          member.type(),
          member.size(),
          member.link(),
          member.node(),
          member.permissions(),
          member.uid(),
          member.gid(),
          member.user(),
          member.group(),
          member.modified(),
          Optional.empty(),
          Optional.empty(),
          member.at(),
          member.data());
    }
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] flipped = bytes.clone();
    flipped[at] ^= 0x10;
    return flipped;
  }

  @BeforeEach
  void makeFolders() throws IOException {
    storage = Files.createDirectory(home.resolve("storage"));
    folder = Files.createDirectory(home.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
    Files.createLink(folder.resolve("z second name"), folder.resolve("file"));
    Files.createSymbolicLink(folder.resolve("link"), Path.of("./somewhere/"));
    Files.createDirectories(folder.resolve("sub/folder"));
    for (int i = 0; i < 3000; i++) {
      Files.writeString(folder.resolve("sub/folder/" + i), "number " + i);
    }
    byte[] large = new byte[20 * MIB + 12_345];
    random.nextBytes(large);
    Files.write(folder.resolve("sub/large"), large);
    Files.writeString(folder.resolve("sub/zuletzt"), "ü");
  }

  private Path backUp(String compression) throws IOException {
    Run run =
        new AgentSetup(home)
            .strategy("tar")
            .folders(folder)
            .with("compression", compression)
            .to(storage)
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    try (Stream<Path> files = Files.list(storage)) {
      return files
          .filter(file -> file.toString().matches(".*\\.tar(\\.zst)?"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static Path index(Path archive) {
    return Path.of(archive + ".index");
  }

  private static Run run(String... arguments) {
    return Commands.run(new PlasmaRestore(), arguments);
  }

  private Run restore(String... arguments) {
    return run(
        Stream.concat(Stream.of(arguments), Stream.of("--from", storage.toString()))
            .toArray(String[]::new));
  }

  private static String out(Run run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return run.out();
  }

  /** The command writes where nothing can be captured. */
  private String cat(String archive, String path, List<String> notes) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Store store = LocalStore.open(storage);
        Archive opened = Archive.open(store, archive, notes::add)) {
      opened.cat(RawPath.of(path), out);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private String cat(String archive, String path) throws Exception {
    List<String> notes = new ArrayList<>();
    String content = cat(archive, path, notes);
    assertThat(notes).isEmpty();
    return content;
  }

  private static Index read(Path index) throws IOException {
    List<Segment> segments = new ArrayList<>();
    List<Placed> members = new ArrayList<>();
    long tar = 0;
    try (IndexReader lines = new IndexReader(new ZstdInputStream(Files.newInputStream(index)))) {
      IndexLine.Header header = (IndexLine.Header) Objects.requireNonNull(lines.next());
      boolean plain = header.compression().equals("none");
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        if (line instanceof Segment segment) {
          tar += segments.isEmpty() ? 0 : segments.getLast().tar();
          segments.add(segment);
        } else if (line instanceof Member member) {
          members.add(
              new Placed(member, member.at() + (plain ? segments.getLast().offset() : tar)));
        }
      }
      return new Index(header, segments, members);
    }
  }

  /** What the commands show that look something up. */
  private List<String> looked(Path archive) throws Exception {
    String name = archive.getFileName().toString();
    return List.of(
        out(restore("ls", name, folder.toString())),
        out(restore("ls", name, folder + "/sub/folder")),
        out(restore("ls", "--json", name, folder + "/link")).replace(name, "ARCHIVE"),
        out(restore("ls", "-d", name, folder + "/sub")),
        cat(name, folder + "/sub/folder/2999"),
        cat(name, folder + "/z second name"),
        cat(name, folder + "/sub/zuletzt"));
  }

  private void assertExtracts(Path archive) throws IOException {
    Path target = Files.createTempDirectory(home, "target");
    out(
        restore(
            "extract",
            archive.getFileName().toString(),
            folder + "/sub",
            folder + "/z second name",
            "--to",
            target.toString()));
    Path restored = target.resolve(folder.toString().substring(1));
    Command.run("diff", "-r", folder.resolve("sub").toString(), restored.resolve("sub").toString());
    assertThat(restored.resolve("z second name")).hasContent("content");
    assertThat(restored.resolve("file")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void whatIsRebuiltIsAsGoodAsWhatWasThere(String compression) throws Exception {
    Path archive = backUp(compression);
    byte[] original = Files.readAllBytes(index(archive));
    Index expected = read(index(archive));
    List<String> looked = looked(archive);
    Files.delete(index(archive));

    Run reindex = restore("reindex", "latest");

    assertThat(out(reindex).lines())
        .hasSize(2)
        .last()
        .asString()
        .matches(archive.getFileName() + ": index made of all of [\\d.]+ MiB, 3,008 members");
    Index rebuilt = read(index(archive));
    assertThat(rebuilt.facts()).isEqualTo(expected.facts());
    assertThat(rebuilt.header().rebuilt()).isPresent();
    assertThat(rebuilt.header().host()).isEmpty();
    assertThat(rebuilt.segments()).hasSizeGreaterThan(4).allMatch(segment -> segment.skip() == 0);
    assertThat(looked(archive)).isEqualTo(looked);
    assertExtracts(archive);
    assertThat(out(restore("verify", "latest"))).contains("3,008 members are right");
    out(restore("verify", "--quick", "latest"));
    assertThat(out(restore("list"))).contains(" reindexed").contains("3,008");
    assertThat(Files.readAllBytes(index(archive))).isNotEqualTo(original);
    String name = archive.getFileName().toString();
    assertThat(storage.toFile().list())
        .containsExactlyInAnyOrder(name, name + ".index", name + ".verified");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void afterwardsAFileIsReadWithoutTheRest(String compression) throws Exception {
    Path archive = backUp(compression);
    String name = archive.getFileName().toString();
    Files.delete(index(archive));
    out(restore("reindex", "latest"));
    AtomicLong bytes = new AtomicLong();
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    try (Store store = LocalStore.open(storage);
        Archive opened = Archive.open(counting(store, name, bytes), name, note -> {})) {
      opened.cat(RawPath.of(folder + "/sub/zuletzt"), out);
    }

    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("ü");
    assertThat(Files.size(archive)).isGreaterThan(20 * MIB);
    assertThat(bytes).hasPositiveValue().hasValueLessThan(2 * MIB);
  }

  /** A store that counts what is read of one file at places, and doesn't let it be read through. */
  private static Store counting(Store store, String file, AtomicLong bytes) {
    return proxy(
        Store.class,
        store,
        (method, arguments, result) ->
            method.equals("open") && arguments[0].equals(file)
                ? ((Optional<?>) result)
                    .map(StoredBytes.class::cast)
                    .map(opened -> counting(opened, bytes))
                : result);
  }

  private static StoredBytes counting(StoredBytes opened, AtomicLong bytes) {
    return proxy(
        StoredBytes.class,
        opened,
        (method, arguments, result) -> {
          assertThat(method).isNotEqualTo("stream");
          if (method.equals("read")) {
            bytes.addAndGet((int) result);
          }
          return result;
        });
  }

  /** Sees what a call gave, and may give something else. */
  @FunctionalInterface
  private interface Seen {
    Object result(String method, Object[] arguments, Object result);
  }

  private static <T> T proxy(Class<T> type, T target, Seen seen) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                seen.result(method.getName(), arguments, method.invoke(target, arguments))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void whateverHasHappenedToTheIndex(String compression) throws Exception {
    Path archive = backUp(compression);
    byte[] original = Files.readAllBytes(index(archive));
    Index expected = read(index(archive));
    String listed = out(restore("ls", "latest", folder.toString()));
    for (Map.Entry<String, UnaryOperator<byte[]>> damage : DAMAGES.entrySet()) {
      Files.write(index(archive), damage.getValue().apply(original));

      // Without it all of the archive is read, which is told.
      Run ls = restore("ls", "latest", folder.toString());
      assertThat(ls.out()).as(damage.getKey()).isEqualTo(listed);
      assertThat(ls.status()).isZero();
      Run run = restore("reindex", "--all");

      assertThat(run.err()).as(damage.getKey()).isEmpty();
      assertThat(run.status()).isZero();
      assertThat(run.out()).contains("index made of all of ");
      assertThat(read(index(archive)).facts()).isEqualTo(expected.facts());
    }
  }

  @Test
  void aGoodIndexIsNeverReplaced() throws Exception {
    Path archive = backUp("\"zstd\"");
    byte[] original = Files.readAllBytes(index(archive));

    assertThat(out(restore("reindex", "latest")))
        .isEqualTo(archive.getFileName() + ": has a good index, which is left as it is\n");
    assertThat(out(restore("reindex", "--all"))).contains("left as it is");

    assertThat(Files.readAllBytes(index(archive))).isEqualTo(original);
  }

  @Test
  void anotherArchivesIndexIsNoGoodOne() throws Exception {
    Path archive = backUp("\"none\"");
    Path copy = storage.resolve("20200102-0304-daily.tar");
    Files.copy(archive, copy);
    Files.copy(index(archive), index(copy));

    Run ls = restore("ls", "20200102", folder.toString());
    assertThat(ls.err())
        .matches(
            "plasma-restore: warning: %s is not that archive's, but of %s; so all of the archive is read \\(plasma-restore reindex %s makes an index of it\\)\n"
                .formatted(index(copy), archive.getFileName(), copy.getFileName()));
    assertThat(ls.out()).isEqualTo(out(restore("ls", "latest", folder.toString())));

    assertThat(out(restore("reindex", "20200102"))).contains("index made of all of");
    assertThat(looked(copy)).isEqualTo(looked(archive));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void withoutAnIndexAllOfTheArchiveIsRead(String compression) throws Exception {
    Path archive = backUp(compression);
    String name = archive.getFileName().toString();
    List<String> looked = looked(archive);
    Files.delete(index(archive));

    List<Run> runs =
        List.of(
            restore("ls", name, folder.toString()),
            restore("ls", name, folder + "/sub/folder"),
            restore("ls", "--json", name, folder + "/link"),
            restore("ls", "-d", name, folder + "/sub"));

    assertThat(runs)
        .extracting(run -> run.out().replace(name, "ARCHIVE"))
        .isEqualTo(looked.subList(0, 4));
    assertThat(runs).extracting(Run::status).containsOnly(0);
    assertThat(runs)
        .extracting(Run::err)
        .containsOnly(
            "plasma-restore: warning: %s has no index; so all of the archive is read (plasma-restore reindex %s makes an index of it)\n"
                .formatted(archive, name));
    List<String> notes = new ArrayList<>();
    assertThat(
            List.of(
                cat(name, folder + "/sub/folder/2999", notes),
                cat(name, folder + "/z second name", notes),
                cat(name, folder + "/sub/zuletzt", notes)))
        .isEqualTo(looked.subList(4, 7));
    assertThat(notes).hasSize(3);
    assertThat(out(restore("list"))).contains("no index");
    assertThat(restore("ls", name).out()).endsWith(" " + folder.toString().substring(1) + "\n");
    assertThat(restore("ls", name, folder + "/nothing").status()).isEqualTo(17);
    assertThat(restore("cat", name, folder + "/nothing").status()).isEqualTo(17);

    Path target = home.resolve("target");
    Run extract = restore("extract", name, folder + "/z second name", "--to", target.toString());
    assertThat(extract.status()).isZero();
    assertThat(target.resolve(folder.toString().substring(1)).resolve("z second name"))
        .hasContent("content");
  }

  // Damaged archives

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void aTruncatedArchiveGetsNoIndex(String compression) throws Exception {
    Command.run("rm", "-r", folder.resolve("sub").toString());
    Path archive = backUp(compression);
    byte[] good = Files.readAllBytes(archive);
    Files.delete(index(archive));
    for (int length = 0; length < good.length; length += length % 512 == 0 ? 1 : 73) {
      Files.write(archive, Arrays.copyOf(good, length));

      Run run = restore("reindex", "latest");

      assertThat(run.status()).as("%d bytes", length).isEqualTo(16);
      assertThat(run.err())
          .contains(archive + " is damaged: ")
          .contains(" byte ")
          .contains("; no index was written")
          .hasLineCount(1);
      assertThat(storage.toFile().list()).containsExactly(archive.getFileName().toString());
    }
    Files.write(archive, good);
    assertThat(out(restore("reindex", "latest"))).contains("index made");
  }

  @Test
  void zerosInThePlaceOfAMemberAreNotTheEnd() throws Exception {
    Path archive = backUp("\"none\"");
    long at = read(index(archive)).members().get(2000).at();
    Files.delete(index(archive));
    byte[] bytes = Files.readAllBytes(archive);
    Arrays.fill(bytes, (int) at, (int) at + 4096, (byte) 0);
    Files.write(archive, bytes);

    for (String command : List.of("reindex", "verify")) {
      Run run = restore(command, "latest");
      assertThat(run.status()).isEqualTo(16);
      assertThat(run.err())
          .contains("there is a tar's end at byte " + at + ", and something behind it at byte ");
    }
    assertThat(storage.toFile().list()).noneMatch(file -> file.endsWith(".index"));
  }

  @Test
  void goesOnWithTheOthersWhenOneIsDamaged() throws Exception {
    Path archive = backUp("\"zstd\"");
    Files.delete(index(archive));
    Path damaged = storage.resolve("20200102-0304-daily.tar");
    Files.write(damaged, new byte[] {1, 2, 3});
    Files.write(storage.resolve("20200103-0304-daily.tar.zst.age"), new byte[] {1, 2, 3});

    Run run = restore("reindex", "--all");

    assertThat(run.status()).isEqualTo(16);
    assertThat(run.err()).startsWith("plasma-restore: " + damaged + " is damaged: ");
    assertThat(index(damaged)).doesNotExist();
    assertThat(index(archive)).exists();
  }

  @Test
  void isToldWhatToReindex() {
    assertThat(restore("reindex").status()).isEqualTo(2);
    assertThat(restore("reindex", "--all", "latest").status()).isEqualTo(2);
    assertThat(restore("reindex", "latest").status()).isEqualTo(17);
    assertThat(out(restore("reindex", "--all"))).isEmpty();
  }

  @Test
  void aPartialIndexIsLeftToWhoWritesIt() throws Exception {
    Path archive = backUp("\"none\"");
    Files.delete(index(archive));
    Path part = storage.resolve("." + archive.getFileName() + ".index.part");
    Files.writeString(part, "another's");

    Run run = restore("reindex", "latest");

    assertThat(run.status()).isEqualTo(9);
    assertThat(run.err()).contains(part + ": it exists already: another backup is writing it");
    assertThat(part).hasContent("another's");
    assertThat(index(archive)).doesNotExist();
  }

  // Where archives are, and whose they are

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void overSsh(boolean sftpOnly) throws Exception {
    try (SshdServer server = sftpOnly ? SshdServer.startSftpOnly() : SshdServer.start()) {
      AgentSetup agent =
          new AgentSetup(home)
              .strategy("tar")
              .folders(folder)
              .with("compression", "\"zstd\"")
              .to(server);
      assertThat(agent.run().status()).isZero();
      String config = agent.file().toString();
      Path index;
      try (Stream<Path> files = Files.list(server.storage())) {
        index = files.filter(file -> file.toString().endsWith(".index")).findFirst().orElseThrow();
      }
      Index expected = read(index);
      Files.write(index, flipped(Files.readAllBytes(index), 100));

      assertThat(out(run("reindex", "latest", "--config", config))).contains("3,008 members");

      assertThat(read(index).facts()).isEqualTo(expected.facts());
      assertThat(out(run("ls", "latest", folder + "/sub/zuletzt", "--config", config)))
          .contains("sub/zuletzt");
      out(run("verify", "latest", "--config", config));
    }
  }

  /** Without plasma-restore this is how all of it would be seen. */
  private static List<String> listedByTar(Path archive) {
    return Command.run(
            "tar",
            "--utc",
            "--full-time",
            "--numeric-owner",
            "--quoting-style=literal",
            "-tvf",
            archive.toString())
        .lines()
        .map(line -> line.replaceAll(" +", " "))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "tar --format=v7, plain",
    "tar --format=oldgnu -S, plain",
    "tar --format=gnu -S, one frame",
    "tar --format=ustar, frames",
    "tar --format=pax -S, plain",
    "tar --format=pax -S, frames",
    "bsdtar --format gnutar, one frame",
    "bsdtar --format ustar, plain",
    "bsdtar --format pax, plain",
    "bsdtar --format paxr, frames",
  })
  void anyTarsMembersAreWhatTarSays(String program, String compression) throws Exception {
    boolean longNames = !program.contains("v7") && !program.contains("ustar");
    if (longNames) {
      Files.writeString(folder.resolve("long ".repeat(40)), "long");
      Files.createSymbolicLink(folder.resolve("to long"), Path.of("long ".repeat(40)));
    }
    if (!program.contains("v7")) {
      Command.run("mkfifo", folder.resolve("fifo").toString());
      Command.run("mknod", folder.resolve("null").toString(), "c", "1", "3");
    }
    Command.run("truncate", "-s", "3M", folder.resolve("sub/hole").toString());
    Path tar = storage.resolve("any.tar");
    List<String> command = new ArrayList<>(List.of(program.split(" ")));
    command.addAll(List.of("-cf", tar.toString(), "-C", home.toString(), "./folder"));
    Command.run(command.toArray(String[]::new));
    Path archive = compressed(tar, compression);
    String name = archive.getFileName().toString();

    assertThat(restore("ls", name, "folder/sub").err()).contains("has no index");
    String listedByReading = restore("ls", name, "folder/sub").out();
    assertThat(out(restore("reindex", name))).contains("index made of all of");

    Index index = read(index(archive));
    assertThat(index.members().stream().map(placed -> asTarShows(placed.member())).toList())
        .isEqualTo(
            listedByTar(archive).stream()
                .map(line -> line.replace(" ./folder", " folder"))
                .map(line -> line.startsWith("d") ? line.replaceFirst("/$", "") : line)
                .toList());
    assertThat(out(restore("ls", name, "folder/sub")).lines())
        .containsExactlyElementsOf(listedByReading.lines().toList());
    assertThat(cat(name, "folder/sub/folder/1234")).isEqualTo("number 1234");
    assertThat(cat(name, "/folder/z second name")).isEqualTo("content");
    assertThat(out(restore("verify", name))).contains("members are right");
    assertThat(out(restore("verify", "--quick", name))).contains("size and samples are right");
    Path target = home.resolve("target");
    out(restore("extract", name, "folder/sub", "--to", target.toString()));
    Command.run(
        "diff", "-r", folder.resolve("sub").toString(), target.resolve("folder/sub").toString());
    if (compression.equals("one frame")) {
      assertThat(index.segments()).anyMatch(segment -> segment.skip() > 0);
    }
  }

  private static Path compressed(Path tar, String how) throws IOException {
    Path archive = Path.of(tar + ".zst");
    switch (how) {
      case "one frame" -> Command.run("zstd", "-q", tar.toString(), "-o", archive.toString());
      case "frames" ->
          Command.run(
              "sh",
              "-c",
              "split -b 700001 --filter='zstd -q' \"$1\" >\"$2\"",
              "sh",
              tar.toString(),
              archive.toString());
      default -> {
        return tar;
      }
    }
    Files.delete(tar);
    return archive;
  }

  /** As GNU tar lists a member. */
  private static String asTarShows(Member member) {
    String time =
        DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss")
            .withZone(ZoneOffset.UTC)
            .format(Instant.ofEpochSecond(member.modified().seconds()));
    String nanos =
        member.modified().nanos() == 0
            ? ""
            : ".%09d".formatted(member.modified().nanos()).replaceFirst("0+$", "");
    String what =
        member.node().map(node -> node.replace(':', ',')).orElse(Long.toString(member.size()));
    String link =
        member
            .link()
            .map(target ->
                member.type() == Member.Type.SYMLINK ? " -> " + target : " link to " + target)
            .orElse("");
    return "%s %d/%d %s %s%s %s%s"
        .formatted(
            ListMembers.permissions(member),
            member.uid(),
            member.gid(),
            what,
            time,
            nanos,
            member.name(),
            link);
  }

  @Test
  void ofWhatIsInATarTwiceTheLastCounts() throws Exception {
    Path archive = storage.resolve("20200102-0304-daily.tar");
    Files.writeString(folder.resolve("file"), "first");
    Command.run(
        "tar", "-cf", archive.toString(), "-C", home.toString(), "folder/sub", "folder/file");
    Files.delete(folder.resolve("file"));
    Files.writeString(folder.resolve("file"), "the second");
    Command.run("tar", "-rf", archive.toString(), "-C", home.toString(), "folder/file");

    assertThat(cat("latest", "folder/file", new ArrayList<>())).isEqualTo("the second");
    out(restore("reindex", "latest"));
    assertThat(cat("latest", "folder/file")).isEqualTo("the second");
    // No folder is a member that has them all.
    assertThat(out(restore("ls", "latest")).lines()).hasSize(2);
    assertThat(out(restore("ls", "latest", "folder")).lines()).hasSize(2);
  }

  /** A decompressor that nobody refers to any more closes what it reads. */
  @Test
  void theGarbageCollectorEndsNoVerification() throws Exception {
    Path archive = backUp("\"zstd\"");
    Files.delete(index(archive));
    out(restore("reindex", "latest"));
    AtomicBoolean done = new AtomicBoolean();
    Thread collecting =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (!done.get()) {
                System.gc();
              }
            });
    try {
      for (int i = 0; i < 3; i++) {
        assertThat(out(restore("verify", "latest"))).contains("members are right");
      }
    } finally {
      done.set(true);
      collecting.join();
    }
  }

  @Test
  @Tag("loopback")
  void randomTreesAreIndexedAsTheAgentDoes() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(4L << 30, "compress=zstd:3")) {
      for (int seed = 1; seed <= 4; seed++) {
        Path parent = btrfs.subvolume("seed-" + seed);
        Path work = Files.createDirectory(btrfs.root().resolve("work-" + seed));
        try (RandomTree tree =
            RandomTree.growOnBtrfs(parent, seed, seed == 1 ? "--subvolumes" : "--small")) {
          LocalBackup backup =
              LocalBackup.of(tree.path(), work, seed % 2 == 0 ? "\"none\"" : "\"zstd\"");
          storage = Objects.requireNonNull(backup.archive().getParent());
          Index expected = read(index(backup.archive()));
          Files.delete(index(backup.archive()));

          out(restore("reindex", "latest"));

          assertThat(read(index(backup.archive())).facts())
              .as("seed %d", seed)
              .isEqualTo(expected.facts());
          out(restore("verify", "latest"));
          assertThat(
                  TreeComparison.withRestored(
                      tree.path(), backup.restoredByPlasma(), RandomTree.UNREACHABLE))
              .isEmpty();
        }
      }
    }
  }
}
