package io.plasmabackup.cli;

import static io.plasmabackup.cli.StoredArchives.newest;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.PythonScript;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tree that changes, backed up again and again: what is copied from the archive before makes the
 * same archive, byte for byte, as reading everything does.
 */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class GenerationsTest {

  private static final long SEED = Long.getLong("plasma.seed", 1);
  private static final long GENERATIONS = Long.getLong("plasma.generations", 50);

  /** Extraction takes longer than all else. */
  private static final int EXTRACTED_EACH = 10;

  private static final String NEVER = "{\"reflink\": \"never\", \"changeDetection\": \"auto\"}";

  private static final Pattern COPIED =
      Pattern.compile("([1-9][\\d,]*) bytes.* were copied from (\\S+)");

  private static final Pattern SINCE =
      Pattern.compile("what has not changed since (\\S+) is copied from there");

  private LoopbackBtrfs btrfs;
  private Path tree;
  private Path work;

  @BeforeEach
  void makeTree() throws IOException {
    Requires.loopback();
    btrfs = LoopbackBtrfs.create(8L << 30, "compress=zstd:3");
    tree = btrfs.subvolume("home").resolve("tree");
    work = Files.createDirectory(btrfs.root().resolve("work"));
    mutate(0);
  }

  @AfterEach
  void removeTree() {
    btrfs.close();
  }

  private void mutate(long generation) {
    PythonScript.run(
        "mutate-tree.py", tree.toString(), Long.toString(SEED), Long.toString(generation));
  }

  /** One that is used again and again. */
  private AgentSetup agent(String name, String compression, String options) throws IOException {
    return new AgentSetup(Files.createDirectories(work.resolve(name)))
        .strategy("btrfs-snapshot")
        .folders(tree)
        .with("compression", compression)
        .with("options", options)
        .to(Files.createDirectories(work.resolve(name + "-store")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"zstd\"", "\"none\""})
  void whatIsCopiedIsWhatReadingEverythingMakes(String compression) throws Exception {
    AgentSetup copying = agent("copying", compression, NEVER);
    AgentSetup reading =
        agent("reading", compression, "{\"reflink\": \"never\", \"changeDetection\": \"full\"}");
    Path copied = work.resolve("copying-store");
    Path read = work.resolve("reading-store");
    copying.succeed();
    long bytes = 0;
    for (long generation = 1; generation <= GENERATIONS; generation++) {
      mutate(generation);
      String again = "-Dplasma.seed=" + SEED + " generation " + generation;
      Path before = newest(copied);
      Run run = copying.succeed();
      reading.succeed();
      Path archive = newest(copied);
      assertThat(archive).as(again).isNotEqualTo(before);
      assertThat(Files.mismatch(archive, newest(read))).as(again).isEqualTo(-1);
      Matcher since = SINCE.matcher(run.out());
      assertThat(since.find()).as(again).isTrue();
      // The newest by its name, which may have been ahead of the clock.
      assertThat(run.out()).as(again).contains(changes(copied.resolve(since.group(1)), archive));
      Matcher said = COPIED.matcher(run.out());
      if (said.find()) {
        assertThat(said.group(2)).as(again).isEqualTo(since.group(1));
        bytes += Long.parseLong(said.group(1).replace(",", ""));
      }
      if (generation % EXTRACTED_EACH == 0) {
        assertThat(extracted(archive)).as(again).isEmpty();
      }
      remove(newest(read));
    }
    // Else it was all for nothing.
    assertThat(bytes).isGreaterThan(GENERATIONS * 10_000_000);
  }

  /** As two indexes have them, in memory. */
  private static String changes(Path before, Path after) throws IOException {
    Map<RawPath, List<Object>> old = members(before);
    Map<RawPath, List<Object>> members = members(after);
    long changed =
        members.entrySet().stream()
            .filter(member -> old.containsKey(member.getKey()))
            .filter(member -> !member.getValue().equals(old.get(member.getKey())))
            .count();
    long added = members.keySet().stream().filter(name -> !old.containsKey(name)).count();
    long removed = old.keySet().stream().filter(name -> !members.containsKey(name)).count();
    return "%,d added, %,d changed, %,d removed; ".formatted(added, changed, removed);
  }

  private static Map<RawPath, List<Object>> members(Path archive) throws IOException {
    Map<RawPath, List<Object>> members = new HashMap<>();
    try (IndexReader lines =
        new IndexReader(new ZstdInputStream(Files.newInputStream(Path.of(archive + ".index"))))) {
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        if (line instanceof IndexLine.Member m) {
          members.put(
              m.name(),
              List.of(
                  m.type(),
                  m.size(),
                  m.link(),
                  m.permissions(),
                  m.uid(),
                  m.gid(),
                  m.modified(),
                  m.changed(),
                  m.inode()));
        }
      }
    }
    return members;
  }

  private String extracted(Path archive) throws IOException {
    Path target = work.resolve("extracted");
    Run run =
        Commands.run(
            new PlasmaRestore(),
            "extract",
            archive.getFileName().toString(),
            "--from",
            archive.resolveSibling("").toString(),
            "--to",
            target.toString());
    assertThat(run.err()).isEmpty();
    String differences =
        TreeComparison.withRestored(tree, target.resolve(tree.toString().substring(1)));
    Command.run("rm", "-rf", target.toString());
    return differences;
  }

  private static void remove(Path archive) throws IOException {
    Files.delete(archive);
    Files.delete(Path.of(archive + ".index"));
  }

  @Test
  void aServerCopiesWhatHasNotChanged() throws Exception {
    try (SshdServer server = SshdServer.start()) {
      AgentSetup copying = agent("copying", "\"zstd\"", NEVER).to(server);
      AgentSetup reading = agent("reading", "\"zstd\"", "{\"changeDetection\": \"full\"}");
      copying.succeed();
      for (long generation = 1; generation <= 5; generation++) {
        mutate(generation);
        Run run = copying.succeed();
        reading.succeed();
        assertThat(run.out())
            .contains("(by the server's copy-data)")
            .containsPattern(COPIED)
            .doesNotContain("sha256 ");
        assertThat(Files.mismatch(newest(server.storage()), newest(work.resolve("reading-store"))))
            .isEqualTo(-1);
        Run verified =
            Commands.run(
                new PlasmaRestore(), "verify", "latest", "--from", server.storage().toString());
        assertThat(verified.err()).isEmpty();
        assertThat(verified.status()).isZero();
      }
    }
  }

  @Test
  void anArchiveThatIsDamagedIsNoSource() throws Exception {
    AgentSetup agent = agent("copying", "\"none\"", NEVER);
    Path store = work.resolve("copying-store");
    agent.succeed();
    Path first = newest(store);
    Command.run(
        "dd", "if=/dev/urandom", "of=" + first, "bs=1000", "seek=900", "count=1", "conv=notrunc");
    Run verified =
        Commands.run(new PlasmaRestore(), "verify", "latest", "--from", store.toString());
    assertThat(verified.status()).isNotZero();
    Run run = agent.succeed();
    assertThat(run.out()).doesNotContain("copied");
    assertThat(
            Commands.run(new PlasmaRestore(), "verify", "latest", "--from", store.toString())
                .status())
        .isZero();
  }

  @Test
  void aServerThatCopiesNothingIsSentEverything() throws Exception {
    Path sftpServer = Requires.tool("/usr/lib/openssh/sftp-server");
    try (SshdServer server = SshdServer.start("Subsystem sftp " + sftpServer + " -P copy-data")) {
      AgentSetup agent = agent("copying", "\"zstd\"", NEVER).to(server);
      agent.succeed();
      assertThat(agent.succeed().out())
          .contains("everything is sent")
          .doesNotContain("copied from");
    }
  }

  /** Replaces what a pattern of sed finds in the lines of an index, which has no seal then. */
  private static void forge(Path archive, String pattern, String replacement) {
    Command.run(
        "sh",
        "-c",
        "zstd -dcq \"$0\" | sed -E \"s/$1/$2/; s/\\\"sealed\\\":true,//\" | zstd -q >\"$0.new\""
            + " && mv \"$0.new\" \"$0\"",
        archive + ".index",
        pattern,
        replacement);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(\"sha256\":\")[0-9a-f]{4}", "(\"offset\":)[0-9]+"})
  void anIndexThatLiesCostsNoMoreThanReadingEverything(String pattern) throws Exception {
    AgentSetup agent = agent("copying", "\"none\"", NEVER);
    Path store = work.resolve("copying-store");
    agent.succeed();
    Path first = newest(store);
    byte[] content = Files.readAllBytes(first);
    forge(
        first, pattern.replace("\"", "\\\""), pattern.startsWith("(\"sha") ? "\\10000" : "\\18192");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("is not what was written", "starts over");
    assertThat(newest(store)).isNotEqualTo(first).hasBinaryContent(content);
  }

  @Test
  void everythingIsReadAndComparedWhenItIsDue() throws Exception {
    AgentSetup agent =
        agent(
            "copying",
            "\"none\"",
            "{\"reflink\": \"never\", \"changeDetection\": \"auto\", \"fullReadEvery\": \"0s\"}");
    Path store = work.resolve("copying-store");
    agent.succeed();
    assertThat(agent.succeed().out())
        .contains("everything is read this time")
        .doesNotContain("copied from");
    forge(newest(store), "(\\\"sha256\\\":\\\")[0-9a-f]{4}", "\\10000");
    Run run = agent.run();
    assertThat(run.status()).isEqualTo(ExitCode.UNEXPLAINED.number());
    assertThat(run.err())
        .contains(
            "is not what it was in " + store.relativize(newest(store)).toString().substring(0, 8));
    assertThat(run.out()).contains("stored ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"truncate -s 1000", "truncate -s 0", "head -c 5000 /dev/urandom >"})
  void withoutTheNewestIndexWhatHasNotChangedIsOfTheOneBefore(String damage) throws Exception {
    AgentSetup agent = agent("copying", "\"none\"", NEVER);
    Path store = work.resolve("copying-store");
    agent.succeed();
    Path first = newest(store);
    byte[] content = Files.readAllBytes(first);
    agent.succeed();
    Path second = newest(store);
    Command.run("sh", "-c", damage + " \"$0\"", second + ".index");
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).hasLineCount(1).contains("warning: ", second.getFileName() + ".index");
    assertThat(run.out()).contains("were copied from " + nameOf(first));
    assertThat(newest(store)).isNotIn(first, second).hasBinaryContent(content);
    // Nor is there anything left to copy from.
    Path third = newest(store);
    Command.run("sh", "-c", "for i in \"$0\"/*.index; do " + damage + " \"$i\"; done", store + "");
    Run last = agent.run();
    assertThat(last.status()).isZero();
    assertThat(last.err()).hasLineCount(3);
    assertThat(last.out()).doesNotContain("copied");
    assertThat(newest(store)).isNotIn(first, second, third).hasBinaryContent(content);
  }

  private static String nameOf(Path archive) {
    return archive.getFileName().toString();
  }

  @Test
  void whereBlocksAreSharedNoOtherArchiveIsNeeded() throws Exception {
    AgentSetup agent = agent("copying", "\"none\"", NEVER);
    agent.succeed();
    Run run = agent.with("options", "{\"changeDetection\": \"auto\"}").succeed();
    assertThat(run.out())
        .contains("blocks are shared with the files: nothing is copied")
        .doesNotContain("is copied from there", "were copied");
  }

  @Test
  void aMachineIsToldWhatWasDone() throws Exception {
    AgentSetup agent = agent("copying", "\"zstd\"", NEVER);
    Path store = work.resolve("copying-store");
    Run first = agent.run("--json");
    assertThat(first.status()).isZero();
    Path archive = newest(store);
    assertThat(first.out())
        .startsWith("{\"run\":\"")
        .containsOnlyOnce("\n")
        .contains("\"archive\":\"" + archive.getFileName() + "\"")
        .contains("\"exitStatus\":0,")
        .contains("\"copiedFrom\":null,")
        .contains("\"added\":null,\"changed\":null,\"removed\":null,");
    assertThat(number(first, "bytes")).isEqualTo(Files.size(archive));
    assertThat(number(first, "sentBytes")).isEqualTo(Files.size(archive));
    assertThat(number(first, "indexBytes")).isEqualTo(Files.size(Path.of(archive + ".index")));

    Files.writeString(tree.resolve("folder-00/new"), "new");
    Run second = agent.run("--json");
    assertThat(second.status()).isZero();
    assertThat(second.out())
        .contains("\"copiedFrom\":\"" + archive.getFileName() + "\"")
        // The folder has changed, too.
        .contains("\"added\":1,\"changed\":1,\"removed\":0,");
    assertThat(number(second, "entries")).isEqualTo(number(first, "entries") + 1);
    assertThat(number(second, "sentBytes") + number(second, "copiedBytes"))
        .isEqualTo(Files.size(newest(store)));
    assertThat(number(second, "readBytes")).isLessThan(number(first, "readBytes") / 2);
    assertThat(second.out())
        .containsPattern("\"seconds\":\\{\"prepare\":.*\"archive\":.*\"after\":");
    assertThat(Command.run("sh", "-c", "zstd -dcq \"$0\" | tail -n 2", newest(store) + ".index"))
        .contains("\"added\":1,\"changed\":1,\"removed\":0,", "\"archiveMillis\":");
  }

  private static long number(Run run, String key) {
    Matcher found = Pattern.compile("\"" + key + "\":(\\d+)").matcher(run.out());
    assertThat(found.find()).as(key).isTrue();
    return Long.parseLong(found.group(1));
  }

  @Test
  void whatSharesBlocksNeedsNoRoomForAll() throws Exception {
    AgentSetup agent = agent("copying", "\"none\"", NEVER);
    Path store = work.resolve("copying-store");
    agent.succeed();
    Path first = newest(store);
    try (LoopbackBtrfs small = LoopbackBtrfs.create(1L << 30)) {
      Path folder = Files.createDirectory(small.root().resolve("store"));
      Command.run("cp", first.toString(), first + ".index", folder.toString());
      small.btrfs("filesystem", "sync", small.root().toString());
      long room = Files.size(first) / 2;
      long free = Files.getFileStore(folder).getUsableSpace();
      Command.run(
          "fallocate", "-l", Long.toString(free - room), small.root().resolve("full").toString());
      small.btrfs("filesystem", "sync", small.root().toString());
      assertThat(Files.getFileStore(folder).getUsableSpace()).isLessThan(Files.size(first));
      Run run = agent.to(folder).succeed();
      assertThat(run.out()).containsPattern(COPIED);
      assertThat(newest(folder)).isNotEqualTo(folder.resolve(first.getFileName()));
    }
  }

  @Test
  void nothingIsCopiedIfEverythingIsToBeRead() throws Exception {
    AgentSetup agent = agent("copying", "\"none\"", NEVER);
    agent.succeed();
    assertThat(agent.succeed().out()).containsPattern(COPIED);
    String full = "{\"reflink\": \"never\", \"changeDetection\": \"full\"}";
    assertThat(agent.with("options", full).succeed().out()).doesNotContain("copied from");
    String level = "{\"level\": 3}";
    assertThat(agent.with("options", NEVER).with("compression", level).succeed().out())
        .doesNotContain("copied from");
  }
}
