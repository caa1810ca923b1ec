package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.restore.ArchiveList;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.restore.ListedArchive.State;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** {@code plasma-restore list}, of archives that the agent has made. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ListArchivesTest {

  private static final String OLD = "20200102-0304-daily.tar";

  @TempDir private Path home;
  private Path storage = Path.of("");
  private Path folder = Path.of("");

  @BeforeEach
  void makeFolders() throws IOException {
    storage = Files.createDirectory(home.resolve("storage"));
    folder = Files.createDirectory(home.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
  }

  private AgentSetup agent() {
    return new AgentSetup(home).strategy("tar").folders(folder).to(storage);
  }

  private static Run list(String... arguments) {
    String[] all = Stream.concat(Stream.of("list"), Stream.of(arguments)).toArray(String[]::new);
    return Commands.run(new PlasmaRestore(), all);
  }

  private Path archive() throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files
          .filter(file -> file.toString().endsWith(".tar") && !file.endsWith(OLD))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void showsEachArchiveWithWhatItsIndexSays() throws Exception {
    assertThat(agent().run().status()).isZero();
    String name = archive().getFileName().toString();
    Files.writeString(storage.resolve(OLD), "of another tool");
    Files.writeString(storage.resolve("." + OLD.replace("2020", "2021") + ".part"), "12");
    Files.writeString(storage.resolve("notes"), "");

    Run run = list("--from", storage.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0))
        .matches("ARCHIVE +AGENT'S TIME +UTC +SIZE +MEMBERS +STATE +VERIFIED +SUBVOLUMES");
    assertThat(lines.get(1)).matches(OLD + " +2020-01-02 03:04 +15 B +no index");
    assertThat(lines.get(2)).matches("20210102-0304-daily\\.tar +2021-01-02 03:04 +2 B +partial");
    assertThat(lines.get(3))
        .matches(
            name
                + " +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\dZ +[\\d.]+ KiB +2"
                + " +complete +none; folders "
                + folder);
    assertThat(lines.get(4))
        .isEqualTo(
            "3 archives, %s in %s".formatted(Sizes.rounded(Files.size(archive()) + 17), storage));
  }

  @Test
  void tellsMachinesMore() throws Exception {
    assertThat(agent().run().status()).isZero();
    Files.writeString(storage.resolve(OLD), "of another tool");

    Run run = list("--from", storage.toString(), "--json");

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .startsWith(
            "{\"location\":\"%s\",\"archives\":[{\"name\":\"%s\",\"label\":\"daily\",\"localTime\":\"2020-01-02T03:04\",\"state\":\"no index\",\"bytes\":15,\"problem\":null,\"verified\":null,\"rebuilt\":null,\"host\":null"
                .formatted(storage, OLD))
        .contains(
            "\"state\":\"complete\",\"bytes\":" + Files.size(archive()) + ",\"problem\":null,",
            "\"strategy\":\"tar\",\"compression\":\"none\"",
            "\"members\":2,\"sha256\":\"",
            "\"folders\":[\"" + folder + "\"],\"subvolumes\":[]}],\"others\":[]}\n");
  }

  @Test
  void namesTarsThatAreNoneOfItsArchives() throws Exception {
    assertThat(agent().run().status()).isZero();
    Files.writeString(storage.resolve("backup.tar"), "12");
    Files.writeString(storage.resolve("a\nb.tar.zst"), "1");
    Files.writeString(storage.resolve("notes.txt"), "");

    assertThat(list("--from", storage.toString()).out().lines())
        .hasSize(5)
        .endsWith("another tar: a\\u000ab.tar.zst (1 B)", "another tar: backup.tar (2 B)");
    assertThat(list("--from", storage.toString(), "--json").out())
        .endsWith(
            "\"others\":[{\"name\":\"a\\nb.tar.zst\",\"bytes\":1},{\"name\":\"backup.tar\",\"bytes\":2}]}\n");
  }

  @Test
  void looksWhereTheConfigurationSays() throws Exception {
    try (SshdServer server = SshdServer.start()) {
      AgentSetup agent = agent().to(server);
      assertThat(agent.run().status()).isZero();

      Run byConfiguration = list("--config", agent.file().toString());
      Run byAddress =
          list(
              "--from",
              "ssh://%s@%s:%d%s"
                  .formatted(
                      SshdServer.user(),
                      server.host(),
                      server.port(),
                      server.remote(server.storage())),
              "--ssh-identity",
              server.clientKey("ed25519").toString(),
              "--known-hosts",
              server.knownHosts().toString());

      assertThat(byConfiguration.err()).isEmpty();
      assertThat(byConfiguration.out()).contains(" complete ").contains("1 archive, ");
      assertThat(byAddress).isEqualTo(byConfiguration);
    }
  }

  @Test
  void saysThatThereIsNothing() {
    assertThat(list("--from", storage.toString()))
        .isEqualTo(new Run(0, "no archives in " + storage + "\n", ""));
    assertThat(list("--from", storage.resolve("absent").toString()).status()).isEqualTo(9);
  }

  @Test
  void tellsOfAnIndexThatIsNotTheArchives() throws Exception {
    assertThat(agent().run().status()).isZero();
    String name = archive().getFileName().toString();
    Files.writeString(archive(), "more", StandardOpenOption.APPEND);
    Files.write(storage.resolve(OLD), new byte[3]);
    Files.copy(storage.resolve(name + ".index"), storage.resolve(OLD + ".index"));

    Run run = list("--from", storage.toString());

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .containsPattern(OLD + " .* bad index")
        .containsPattern(name + " .* bad index");
    assertThat(run.err().lines())
        .containsExactly(
            "plasma-restore: warning: " + OLD + ": its index is that of " + name,
            "plasma-restore: warning: %s: it has %,d bytes, and its index says %,d"
                .formatted(name, Files.size(archive()), Files.size(archive()) - 4));
  }

  @Test
  void noBitOfAnIndexBreaksIt() throws Exception {
    assertThat(agent().run().status()).isZero();
    Path index = storage.resolve(archive().getFileName() + ".index");
    byte[] good = Files.readAllBytes(index);
    int bad = 0;
    try (Store store = LocalStore.open(storage)) {
      for (int bit = 0; bit < good.length * 8; bit++) {
        byte[] flipped = good.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(index, flipped);
        bad += state(store) == State.BAD_INDEX ? 1 : 0;
      }
      for (int length = 0; length < good.length; length++) {
        Files.write(index, Arrays.copyOf(good, length));
        State state = state(store);
        // Without its directory it is still whole.
        if (length < good.length - directory(good)) {
          assertThat(state).as("%d bytes", length).isEqualTo(State.BAD_INDEX);
        }
      }
    }
    // All that is read here but the directory, which has no checksum, has one.
    assertThat(bad).isGreaterThan(good.length * 8 / 2);
  }

  private static long directory(byte[] index) {
    long length =
        IndexDirectory.length(
            Arrays.copyOfRange(index, index.length - IndexDirectory.FOOTER, index.length));
    assertThat(length).isPositive();
    return length;
  }

  private static State state(Store store) throws Exception {
    List<ListedArchive> archives = ArchiveList.of(store);
    assertThat(archives).hasSize(1);
    return archives.getFirst().state();
  }

  @Test
  void refusesOptionsThatMakeNoSense() {
    assertUsage("--from", "a", "--config", "b");
    assertUsage("--from", "");
    assertUsage("--from", "ssh://host");
    assertUsage("--from", "ssh://host/");
    assertUsage("--from", "ssh:///folder");
    assertUsage("--from", "ssh://user:secret@host/folder");
    assertUsage("--from", "ssh://host:70000/folder");
    assertUsage("--from", "ssh://host/a b");
    assertUsage("--from", "folder", "--ssh-identity", "key");
  }

  private static void assertUsage(String... arguments) {
    Run run = list(arguments);
    assertThat(run.status()).as(String.join(" ", arguments)).isEqualTo(2);
    assertThat(run.err()).startsWith("plasma-restore: ").hasLineCount(1).doesNotContain("secret");
  }
}
