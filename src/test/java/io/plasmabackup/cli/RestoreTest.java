package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import io.plasmabackup.testing.SshdServer;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code plasma-restore ls, cat, extract}, of archives that the agent has made, and of others. */
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class RestoreTest {

  private static final int MIB = 1 << 20;

  @TempDir private Path home;
  private Path storage = Path.of("");
  private Path folder = Path.of("");
  private Path target = Path.of("");
  private final Random random = new Random(5);

  @BeforeEach
  void makeFolders() throws IOException {
    storage = Files.createDirectory(home.resolve("storage"));
    folder = Files.createDirectory(home.resolve("folder"));
    target = home.resolve("target");
    write("file", "content");
    Files.createLink(folder.resolve("z another name"), folder.resolve("file"));
    Files.createSymbolicLink(folder.resolve("link"), Path.of("../elsewhere"));
    Files.createDirectories(folder.resolve("sub/folder"));
    write("sub/folder/deep", "deep content");
    Files.createLink(folder.resolve("sub/first of two"), folder.resolve("file"));
    byte[] large = new byte[9 * MIB + 12_345];
    random.nextBytes(large);
    Files.write(folder.resolve("sub/large"), large);
    write("sub/zuletzt", "ü");
    Files.setLastModifiedTime(folder.resolve("sub"), FileTime.from(Instant.EPOCH));
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  private void backUp(String compression) throws IOException {
    Run run =
        new AgentSetup(home)
            .strategy("tar")
            .folders(folder)
            .with("compression", compression)
            .to(storage)
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  private static Run restore(String... arguments) {
    return Commands.run(new PlasmaRestore(), arguments);
  }

  private Run restoreHere(String... arguments) {
    return restore(
        Stream.concat(Stream.of(arguments), Stream.of("--from", storage.toString()))
            .toArray(String[]::new));
  }

  private Run extract(String... arguments) {
    return restoreHere(
        Stream.concat(
                Stream.of("extract", "latest", "--to", target.toString()), Stream.of(arguments))
            .toArray(String[]::new));
  }

  private static String out(Run run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return run.out();
  }

  private Path restored(String name) {
    return target.resolve(folder.resolve(name).toString().substring(1));
  }

  private void assertSame(String name) {
    Command.run(
        "diff",
        "-r",
        "--no-dereference",
        folder.resolve(name).toString(),
        restored(name).toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void allOfAnArchive(String compression) throws Exception {
    backUp(compression);

    assertThat(out(extract())).contains(" extracted to " + target);

    assertSame("");
    assertThat(Files.isSameFile(restored("file"), restored("z another name"))).isTrue();
    assertThat(Files.getLastModifiedTime(restored("sub")).toMillis()).isZero();
    // What is complete is not written again.
    assertThat(out(extract())).contains("0 B written").contains("were there already");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void someOfAnArchive(String compression) throws Exception {
    backUp(compression);

    out(extract(folder + "/sub/", folder.resolve("link").toString()));

    assertSame("sub");
    assertThat(Files.readSymbolicLink(restored("link"))).isEqualTo(Path.of("../elsewhere"));
    assertThat(restored("file")).doesNotExist();
    assertThat(Files.getLastModifiedTime(restored("sub")).toMillis()).isZero();
  }

  @Test
  void someOfAnArchiveWithoutAnIndexOrWithABadOne() throws Exception {
    backUp("\"zstd\"");
    Path index;
    try (Stream<Path> files = Files.list(storage)) {
      index = files.filter(file -> file.toString().endsWith(".index")).findFirst().orElseThrow();
    }
    Files.write(index, new byte[100], StandardOpenOption.TRUNCATE_EXISTING);

    Run damaged = extract(folder + "/sub/folder");
    assertThat(damaged.status()).isZero();
    assertThat(damaged.err()).contains(".index is damaged").contains("all of the archive is read");
    assertSame("sub/folder");

    Files.delete(index);
    Run without = extract(folder + "/sub/large");
    assertThat(without.status()).isZero();
    assertThat(without.err()).contains("has no index");
    assertSame("sub/large");

    Run wrong = extract(folder + "/nothing");
    assertThat(wrong.status()).isEqualTo(17);
    assertThat(wrong.err()).contains("there is no " + name("nothing") + " in " + storage);
  }

  @Test
  void aFileThatIsThereStaysUnlessToldOtherwise() throws Exception {
    backUp("\"none\"");
    out(extract());
    FileTime archived = Files.getLastModifiedTime(restored("sub/zuletzt"));
    Files.delete(restored("sub/zuletzt"));
    Files.writeString(restored("sub/zuletzt"), "mine");
    Files.delete(restored("link"));
    Files.writeString(restored("link"), "mine");

    Run never = extract();
    assertThat(never.status()).isEqualTo(19);
    assertThat(never.err())
        .contains(
            "kept: " + restored("sub/zuletzt").toString().substring(target.toString().length() + 1))
        .contains("2 kept out by what is there, 0 refused, 0 not restored");
    assertThat(Files.readString(restored("sub/zuletzt"))).isEqualTo("mine");

    assertThat(extract("--overwrite", "older").status()).isEqualTo(19);
    assertThat(Files.readString(restored("sub/zuletzt"))).isEqualTo("mine");

    Files.setLastModifiedTime(restored("sub/zuletzt"), FileTime.from(Instant.EPOCH));
    Files.setLastModifiedTime(restored("link"), FileTime.from(Instant.EPOCH));
    out(extract("--overwrite", "older"));
    assertThat(Files.readString(restored("sub/zuletzt"))).isEqualTo("ü");
    assertThat(Files.getLastModifiedTime(restored("sub/zuletzt"))).isEqualTo(archived);
    assertThat(restored("link")).isSymbolicLink();

    Files.writeString(restored("sub/folder/deep"), "newer");
    out(extract("--overwrite", "always"));
    assertSame("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void showsWhatIsInAFolder(String compression) throws Exception {
    backUp(compression);

    assertThat(out(restoreHere("ls", "latest")).lines())
        .hasSize(1)
        .first()
        .asString()
        .endsWith(name(""));
    assertThat(out(restoreHere("ls", "latest", "/")).lines()).hasSize(1);
    List<String> lines = out(restoreHere("ls", "latest", folder.toString())).lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).matches("-rw-r--r--  .*  +7  .*  " + name("file"));
    assertThat(lines.get(1)).endsWith(name("link") + " -> ../elsewhere");
    assertThat(lines.get(2)).startsWith("drwx").endsWith(name("sub"));
    assertThat(lines.get(3)).startsWith("hrw").contains(" link to " + name("file"));
    assertThat(out(restoreHere("ls", "-d", "latest", folder + "/sub")).lines()).hasSize(1);
    assertThat(out(restoreHere("ls", "latest", folder + "/sub/large"))).contains("9,449,529");
    assertThat(out(restoreHere("ls", "--json", "latest", folder + "/sub/zuletzt")))
        .contains("\"name\":\"" + name("sub/zuletzt") + "\",\"type\":\"file\"")
        .contains("\"size\":2,");

    Run wrong = restoreHere("ls", "latest", folder + "/sub/nothing");
    assertThat(wrong.status()).isEqualTo(17);
    assertThat(wrong.err()).contains("there is no " + folder + "/sub/nothing in ");
  }

  private String name(String name) {
    return folder.resolve(name).toString().substring(1).replaceFirst("/$", "");
  }

  @Test
  void anArchiveIsNamedByHowItsNameBegins() throws Exception {
    backUp("\"none\"");
    Files.createFile(storage.resolve("20200102-0304-daily.tar"));
    Files.createFile(storage.resolve("20200103-0304-daily.tar"));

    assertThat(restoreHere("ls", "202001").err())
        .contains("2 archives begin with 202001: 20200102-0304-daily.tar, 20200103-");
    assertThat(restoreHere("ls", "20200102").err())
        .contains("20200102-0304-daily.tar has no index");
    assertThat(restoreHere("ls", "1999").err())
        .contains("there is no archive 1999 in " + storage + "; plasma-restore list shows");
    assertThat(restoreHere("ls", "").status()).isEqualTo(17);
  }

  @Test
  void whatOthersHavePackedIsExtractedToo() throws Exception {
    for (String format : List.of("gnu", "pax", "ustar")) {
      Path archive = storage.resolve(format + ".tar");
      Command.run("tar", "--format=" + format, "-cf", archive.toString(), "-C", "/", name(""));
      Run run =
          restoreHere(
              "extract", format + ".tar", "--to", home.resolve("from-" + format).toString());
      assertThat(out(run)).contains("extracted");
      Command.run(
          "diff",
          "-r",
          "--no-dereference",
          folder.toString(),
          home.resolve("from-" + format) + folder.toString());
    }
  }

  @Test
  void aDamagedArchiveIsNamedAndLeavesNothingHalf() throws Exception {
    backUp("\"zstd\"");
    Path archive;
    try (Stream<Path> files = Files.list(storage)) {
      archive = files.filter(file -> file.toString().endsWith(".zst")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(archive);
    Files.write(archive, Arrays.copyOf(bytes, bytes.length / 2));

    Run run = extract();

    assertThat(run.status()).isEqualTo(16);
    assertThat(run.err()).contains(archive + " is damaged: ");
    assertThat(restored("sub/large")).doesNotExist();
    assertSame("file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void overSsh(String compression) throws Exception {
    try (SshdServer server = SshdServer.start()) {
      AgentSetup agent =
          new AgentSetup(home)
              .strategy("tar")
              .folders(folder)
              .with("compression", compression)
              .to(server);
      assertThat(agent.run().status()).isZero();
      String config = agent.file().toString();

      String to = target.toString();
      out(restore("extract", "latest", folder + "/sub", "--to", to, "--config", config));
      assertSame("sub");
      Command.run("rm", "-r", to);
      out(restore("extract", "latest", "--to", to, "--config", config));
      assertSame("");
      assertThat(Files.exists(restored("link"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void aRandomTreeOverSsh(String compression) throws Exception {
    try (SshdServer server = SshdServer.start();
        RandomTree tree = RandomTree.grow(compression.length())) {
      AgentSetup agent =
          new AgentSetup(home)
              .strategy("tar")
              .folders(tree.path())
              .with("compression", compression)
              .to(server);
      assertThat(agent.run().status()).isZero();

      String config = agent.file().toString();
      out(restore("extract", "latest", "--to", target.toString(), "--config", config));

      assertThat(
              TreeComparison.withRestored(
                  tree.path(),
                  target.resolve(tree.path().toString().substring(1)),
                  RandomTree.UNREACHABLE))
          .isEmpty();
      // Of paths of any length.
      Command.run("rm", "-rf", target.toString());
    }
  }
}
