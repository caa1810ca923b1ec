package io.plasmabackup.cli;

import static io.plasmabackup.cli.StoredArchives.newest;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.FaultyProxy;
import io.plasmabackup.testing.FaultyProxy.Fault;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The agent with a key whose forced command is {@code plasma-store}: all that it does works. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class GuardedBackupTest {

  private static final String AUTO = "{\"changeDetection\": \"auto\"}";
  private static final String POLICY =
      "{\"policy\": {\"daily\": 0, \"weekly\": 0, \"monthly\": 0}}";
  private static final int FILES = 12;
  private static final int FILE_BYTES = 3_000_000;

  @TempDir private Path temp;
  private LoopbackBtrfs btrfs;
  private Path tree;
  private Path storage;
  private @Nullable GuardedServer started;

  @BeforeEach
  void begin() throws IOException {
    Requires.loopback();
    btrfs = LoopbackBtrfs.create(2L << 30);
    tree = Files.createDirectory(btrfs.subvolume("home").resolve("tree"));
    for (int i = 0; i < FILES; i++) {
      change(i, i);
    }
    storage = Files.createDirectory(btrfs.root().resolve("storage"));
  }

  @AfterEach
  void end() {
    if (started != null) {
      started.close();
    }
    if (btrfs != null) {
      btrfs.close();
    }
  }

  private void change(int file, int seed) throws IOException {
    byte[] bytes = new byte[FILE_BYTES];
    new Random(seed).nextBytes(bytes);
    Files.write(tree.resolve("file-" + file), bytes);
  }

  private AgentSetup agent(String options) throws IOException {
    GuardedServer server = new GuardedServer(storage, options);
    started = server;
    return server.agent(
        new AgentSetup(temp)
            .strategy("btrfs-snapshot")
            .folders(tree)
            .with("compression", "\"none\"")
            .with("options", AUTO));
  }

  private GuardedServer server() {
    return Objects.requireNonNull(started);
  }

  private static void assertRight(Path archive) {
    Run verified =
        Commands.run(
            new PlasmaRestore(),
            "verify",
            archive.getFileName().toString(),
            "--from",
            archive.resolveSibling("").toString());
    assertThat(verified.err()).isEmpty();
    assertThat(verified.status()).isZero();
  }

  private String[] from(String verb, String... rest) throws IOException {
    String address =
        "ssh://%s@%s:%d%s"
            .formatted(
                SshdServer.user(), server().server().host(), server().server().port(), storage);
    List<String> words = new ArrayList<>(List.of(verb));
    words.addAll(List.of(rest));
    words.addAll(
        List.of(
            "--from",
            address,
            "--ssh-identity",
            server().key().toString(),
            "--known-hosts",
            server().server().knownHosts().toString()));
    return words.toArray(String[]::new);
  }

  @Test
  void aBackupASecondOneWithCopiesRotationVerificationAndARestore() throws Exception {
    AgentSetup agent = agent("--keep-free 0");
    Run first = agent.succeed();
    assertThat(first.out()).contains("no plasma-rotate.json");
    Path old = newest(storage);
    assertThat(Files.getPosixFilePermissions(old))
        .isEqualTo(PosixFilePermissions.fromString("r--------"));
    assertRight(old);

    change(3, 103);
    Files.writeString(storage.resolve("plasma-rotate.json"), POLICY);
    Run second = agent.succeed();
    assertThat(second.out())
        .contains("by plasma-store, which shares its blocks and compares it", " were copied from ")
        // As the forced command says, the policy being silent.
        .contains("deleted 0, 0 B; keeping 0 daily, 0 weekly, 0 monthly, and 2 younger");
    Path fresh = newest(storage);
    assertThat(fresh).isNotEqualTo(old);
    assertRight(fresh);

    Run verified =
        Commands.run(new PlasmaRestore(), from("verify", fresh.getFileName().toString()));
    assertThat(verified.err()).isEmpty();
    assertThat(verified.out()).contains("(verified on the server)");
    assertThat(storage.resolve(fresh.getFileName() + ".verified")).exists();

    Path target = Files.createDirectory(temp.resolve("restored"));
    Run extracted =
        Commands.run(
            new PlasmaRestore(),
            from("extract", fresh.getFileName().toString(), "--to", target.toString()));
    assertThat(extracted.err()).isEmpty();
    assertThat(extracted.status()).isZero();
    for (int i = 0; i < FILES; i++) {
      Path file = tree.resolve("file-" + i);
      assertThat(Files.mismatch(file, target.resolve(file.toString().substring(1)))).isEqualTo(-1);
    }

    // What is older than the forced command's minimum goes, and nothing else.
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
    Run third = agent.succeed();
    assertThat(third.out()).contains("deleted " + old.getFileName());
    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
  }

  @Test
  void withoutReadingEverythingIsSentAndCompared() throws Exception {
    AgentSetup agent = agent("--no-read --keep-free 0");
    agent.succeed();
    change(3, 103);
    Run second = agent.run();
    assertThat(second.status()).isZero();
    assertThat(second.err().lines())
        .singleElement()
        .asString()
        .contains("may not read what is stored", "everything is read and sent");
    assertThat(second.out()).contains("sha256").doesNotContain("copied from");
    assertRight(newest(storage));

    Run verified =
        Commands.run(new PlasmaRestore(), from("verify", newest(storage).getFileName().toString()));
    assertThat(verified.status()).isNotZero();
    assertThat(verified.err()).contains("this key may not read what is stored (--no-read)");
  }

  /** Through a line that breaks after so many bytes. */
  private AgentSetup through(FaultyProxy proxy, AgentSetup agent, String more) throws IOException {
    Path known =
        Files.writeString(
            temp.resolve("known"),
            "[127.0.0.1]:%d %s%n".formatted(proxy.port(), server().server().hostKey("ed25519")));
    return agent.with(
        "ssh",
        "{\"host\": \"127.0.0.1\", \"login\": \"%s\", \"port\": %d, \"identityFile\": \"%s\", \"knownHostsFile\": \"%s\", %s}"
            .formatted(SshdServer.user(), proxy.port(), server().key(), known, more));
  }

  @Test
  void anUploadOverSeveralConnectionsGoesOnAfterTheyAreLost() throws Exception {
    AgentSetup agent = agent("--keep-free 0");
    try (FaultyProxy proxy = FaultyProxy.to(server().server().port())) {
      proxy.breakAt(25_000_000, Fault.RESET);
      Run run = through(proxy, agent, "\"connections\": 3").run();
      assertThat(run.status()).as(run.err()).isZero();
      assertThat(run.err()).contains("connected to ", " again");
    }
    assertRight(newest(storage));
  }

  @Test
  void theNextRunGoesOnWithAPartialFile() throws Exception {
    AgentSetup agent = agent("--keep-free 0");
    try (FaultyProxy proxy = FaultyProxy.to(server().server().port())) {
      proxy.breakAt(25_000_000, Fault.RESET);
      AgentSetup broken = through(proxy, agent, "\"retryFor\": \"0s\"");
      assertThat(broken.run().status()).isNotZero();
      Run next = broken.run();
      assertThat(next.status()).as(next.err()).isZero();
      assertThat(next.out()).contains("going on with the run ");
    }
    assertRight(newest(storage));
  }
}
