package io.plasmabackup.cli;

import static io.plasmabackup.cli.StoredArchives.newest;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.PythonScript;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups to a server that has {@code plasma-store}, in all the states that it may be in. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class PlasmaStoreTest {

  private static final String AUTO = "{\"changeDetection\": \"auto\"}";
  private static final int FILES = 20;
  private static final int FILE_BYTES = 5_000_000;

  private static final Pattern COPIED =
      Pattern.compile("([1-9][\\d,]*) bytes.* were copied from (\\S+)");
  private static final Pattern SHARED =
      Pattern.compile("\\(([1-9][\\d,]*) bytes.* of them share its blocks\\)");

  @TempDir private Path temp;
  private LoopbackBtrfs btrfs;
  private Path tree;

  /** On a filesystem that shares blocks. */
  private Path sharing;

  private Path programs;
  private SshdServer server;

  @BeforeEach
  void begin() throws IOException {
    Requires.loopback();
    btrfs = LoopbackBtrfs.create(4L << 30);
    tree = btrfs.subvolume("home").resolve("tree");
    Files.createDirectory(tree);
    for (int i = 0; i < FILES; i++) {
      Files.write(tree.resolve("file-" + i), random(i));
    }
    sharing = Files.createDirectory(btrfs.root().resolve("storage"));
    programs = Files.createDirectory(temp.resolve("programs"));
    server = SshdServer.start("SetEnv PATH=" + programs + ":/usr/bin:/bin");
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
    if (btrfs != null) {
      btrfs.close();
    }
  }

  private static byte[] random(int seed) {
    byte[] bytes = new byte[FILE_BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Installs the program, by a script that runs it as {@code $REAL}. */
  private void install(String script) throws IOException {
    Path program =
        Files.writeString(
            programs.resolve("plasma-store"),
            """
            #!/bin/sh
            # The first lines only, each as soon as it is there.
            some() { i=0; while [ $i -lt "$1" ] && read -r line; do echo "$line"; i=$((i+1)); done; }
            real() { '%s/bin/java' --enable-native-access=ALL-UNNAMED -cp '%s' io.plasmabackup.cli.PlasmaStore "$@"; }
            """
                    .formatted(
                        System.getProperty("java.home"), System.getProperty("java.class.path"))
                + script
                + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private AgentSetup agent(Path storage, String compression) throws IOException {
    return new AgentSetup(Files.createDirectories(temp.resolve("agent")))
        .strategy("btrfs-snapshot")
        .folders(tree)
        .with("compression", compression)
        .with("options", AUTO)
        .to(server, server.clientKey("ed25519"), server.knownHosts(), storage);
  }

  private AgentSetup reading(Path storage, String compression) throws IOException {
    return new AgentSetup(Files.createDirectories(temp.resolve("reading")))
        .strategy("btrfs-snapshot")
        .folders(tree)
        .with("compression", compression)
        .with("options", "{\"reflink\": \"never\"}")
        .to(Files.createDirectories(storage));
  }

  private static long number(Pattern pattern, Run run) {
    Matcher found = pattern.matcher(run.out());
    assertThat(found.find()).as(run.out()).isTrue();
    return Long.parseLong(found.group(1).replace(",", ""));
  }

  /** That it is whole, by its index and by all of its bytes. */
  private static void assertRight(Path archive) {
    String name = archive.getFileName().toString();
    String folder = archive.resolveSibling("").toString();
    assertThat(Commands.run(new PlasmaRestore(), "list", "--from", folder).out())
        .containsPattern(name + " .*complete")
        .doesNotContain("copied");
    Run verified = Commands.run(new PlasmaRestore(), "verify", name, "--from", folder);
    assertThat(verified.err()).isEmpty();
    assertThat(verified.status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void blocksAreShared(String compression) throws Exception {
    install("real \"$@\"");
    AgentSetup agent = agent(sharing, compression);
    agent.succeed();
    for (int generation = 1; generation <= 3; generation++) {
      Files.write(tree.resolve("file-" + generation), random(100 + generation));
      long before = btrfs.usedBytes();
      Run run = agent.succeed();
      // What has changed is in the tree and in the archive; all else only where it was.
      assertThat(btrfs.usedBytes() - before).isLessThan(40_000_000);
      assertThat(run.out())
          .contains("by plasma-store, which shares its blocks and compares it", ", sha256 ");
      long copied = number(COPIED, run);
      assertThat(copied).isGreaterThan(80_000_000);
      assertThat(number(SHARED, run)).isBetween(copied * 99 / 100, copied);
      Path archive = newest(sharing);
      assertRight(archive);
      Path read = temp.resolve("read-" + generation);
      reading(read, compression).succeed();
      assertThat(Files.mismatch(archive, newest(read))).isEqualTo(-1);
      Command.run("rm", "-r", read.toString());
    }
  }

  @Test
  void severalGenerationsOfATreeThatChangesInAllWays() throws Exception {
    install("real \"$@\"");
    AgentSetup agent = agent(sharing, "\"zstd\"");
    Command.run("rm", "-r", tree.toString());
    for (int generation = 0; generation <= 4; generation++) {
      PythonScript.run("mutate-tree.py", tree.toString(), "1", Integer.toString(generation));
      Run run = agent.succeed();
      Path read = temp.resolve("read-" + generation);
      reading(read, "\"zstd\"").succeed();
      assertThat(Files.mismatch(newest(sharing), newest(read))).isEqualTo(-1);
      assertRight(newest(sharing));
      if (generation > 0) {
        assertThat(number(SHARED, run)).isPositive();
      }
      Command.run("rm", "-r", read.toString());
    }
  }

  @Test
  void bytesAreCopiedWhereBlocksCannotBeShared() throws Exception {
    install("real \"$@\"");
    Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "plasma-test-");
    try {
      AgentSetup agent = agent(shared, "\"none\"");
      agent.succeed();
      Files.write(tree.resolve("file-7"), random(107));
      Run run = agent.succeed();
      assertThat(run.out())
          .contains("(by plasma-store, which compares it)")
          .doesNotContain("share");
      assertThat(number(COPIED, run)).isGreaterThan(80_000_000);
      assertRight(newest(shared));
    } finally {
      Command.run("rm", "-r", shared.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo 'plasma-store 2 9.9'; cat",
        "echo 'no Java here' >&2; exit 4",
        "echo hello",
        "yes",
        "echo 'plasma-store 1 9.9'; echo 'ok shares'; cat",
        "echo 'plasma-store 1 9.9'; read -r line; echo 'failed to understand'; cat",
        "echo 'plasma-store 1 9.9'; while read -r line; do echo 'ok shares'; done",
      })
  void withoutOneThatCanBeUsedTheServersSftpCopies(String script) throws Exception {
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    install(script);
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .contains("plasma-store on ", " is not used: ");
    if (!script.contains("shares")) {
      assertThat(run.out()).contains("(by the server's copy-data)");
    }
    assertThat(number(COPIED, run)).isGreaterThan(80_000_000);
    assertThat(run.out()).doesNotContain("of them share");
  }

  /** Each request but those that open the files gets the same answer. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ok 0 0",
        "ok 33554432 1",
        "ok 99999999999999999999 1",
        "ok 33554432",
        "ok",
        "",
        "failed No space left on device",
      })
  void answersThatMakeNoSenseAreNotBelieved(String answer) throws Exception {
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    byte[] content = Files.readAllBytes(newest(sharing));
    install(
        "echo 'plasma-store 1 9.9'; read -r line; echo 'ok shares'; read -r line; echo ok;"
            + " while read -r line; do echo '"
            + answer
            + "'; done");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("starts over, and everything is read");
    assertThat(newest(sharing)).hasBinaryContent(content);
  }

  @Test
  void whereThereIsNoneTheServersSftpCopies() throws Exception {
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    assertThat(agent.succeed().out())
        .contains("(by the server's copy-data)")
        .doesNotContain("not used");
  }

  @ParameterizedTest
  @ValueSource(strings = {"some 2", "some 3", "some 12"})
  void oneThatEndsInTheMiddleCostsNoMoreThanReadingEverything(String some) throws Exception {
    install("real \"$@\"");
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    byte[] content = Files.readAllBytes(newest(sharing));
    install(some + " | real \"$@\"; kill -9 $$");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("plasma-store on the server has ended", "everything is read");
    assertThat(newest(sharing)).hasBinaryContent(content);
    assertRight(newest(sharing));
  }

  @Test
  void aLostConnectionMakesTheUploadBeginAnew() throws Exception {
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    byte[] content = Files.readAllBytes(newest(sharing));
    install("some 4 | real \"$@\"; kill -9 $PPID");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("connected to ", " again", "starts over");
    assertThat(run.out()).doesNotContain("were copied from");
    assertThat(newest(sharing)).hasBinaryContent(content);
    assertRight(newest(sharing));
  }

  @Test
  void oneThatDoesNotAnswerIsGivenUp() throws Exception {
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    install("some 4 | (real \"$@\"; sleep 30)");
    agent.stallTimeout("3s");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("starts over");
    assertRight(newest(sharing));
  }

  @Test
  void damageOfTheEarlierArchiveIsFoundBeforeTheNewOneGetsItsName() throws Exception {
    install("real \"$@\"");
    AgentSetup agent = agent(sharing, "\"none\"");
    agent.succeed();
    Path first = newest(sharing);
    byte[] content = Files.readAllBytes(first);
    Command.run(
        "dd", "if=/dev/urandom", "of=" + first, "bs=1", "seek=30000000", "count=8", "conv=notrunc");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("they differ", "starts over");
    Path second = newest(sharing);
    assertThat(second).isNotEqualTo(first).hasBinaryContent(content);
    assertRight(second);
  }
}
