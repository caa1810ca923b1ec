package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code plasma-agent check}, against a real btrfs and a real sshd. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class CheckAgentTest {

  private static final String POLICY =
      "{\"policy\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}";

  @TempDir private Path temp;
  private LoopbackBtrfs btrfs;
  private Path folder;
  private Path programs;
  private SshdServer server;
  private AgentSetup agent;

  @BeforeEach
  void begin() throws IOException {
    btrfs = LoopbackBtrfs.create(4L << 30);
    folder = btrfs.subvolume("home");
    Files.writeString(folder.resolve("file"), "content");
    programs = Files.createDirectory(temp.resolve("programs"));
    server = SshdServer.start("SetEnv PATH=" + programs + ":/usr/bin:/bin");
    Files.writeString(server.storage().resolve("plasma-rotate.json"), POLICY);
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(folder).to(server);
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

  private void program(String name, String script) throws IOException {
    Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void ours(String name, Class<?> main) throws IOException {
    program(
        name,
        "exec '%s/bin/java' --enable-native-access=ALL-UNNAMED -cp '%s' %s \"$@\""
            .formatted(
                System.getProperty("java.home"),
                System.getProperty("java.class.path"),
                main.getName()));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** The text of the line about something. */
  private static String line(Run run, String verdict, String check) {
    String start = "%-7s  %-15s  ".formatted(verdict, check);
    assertThat(run.out()).containsPattern("(?m)^" + start);
    return run.out()
        .lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aMachineThatIsReadyPassesAndIsAsBefore() throws IOException {
    ours("plasma-rotate", PlasmaRotate.class);
    ours("plasma-store", PlasmaStore.class);
    ours("plasma-restore", PlasmaRestore.class);
    assertThat(agent.succeed().out()).contains("stored ");
    List<String> stored = names(server.storage());
    List<String> state = names(agent.stateFolder());

    Run run = agent.run("check", "--strict");

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).as(run.out()).isZero();
    assertThat(run.out().lines().skip(1).filter(line -> !line.startsWith("ok ")))
        .containsExactly("all is well");
    assertThat(line(run, "ok", "folder")).contains(folder + ": snapshot of btrfs", "subvolume 256");
    assertThat(line(run, "ok", "host key")).contains(server.fingerprint("ed25519"));
    assertThat(line(run, "ok", "login")).contains("ED25519 SHA256:");
    assertThat(line(run, "ok", "policy")).contains("5 daily, 3 weekly and 2 monthly");
    assertThat(line(run, "ok", "programs there"))
        .contains("plasma-rotate, plasma-store, plasma-restore", "sha256sum");
    assertThat(line(run, "ok", "clock there")).contains("the same");
    assertThat(line(run, "ok", "archives")).contains("0 h old");
    assertThat(names(server.storage())).isEqualTo(stored);
    assertThat(names(agent.stateFolder())).isEqualTo(state);
    assertThat(btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString())).isEmpty();
  }

  @Test
  void whatIsMissingButStopsNothingIsTold() throws IOException {
    Files.delete(server.storage().resolve("plasma-rotate.json"));
    program("plasma-rotate", "echo plasma 0.0.1");

    Run run = agent.run("check");

    assertThat(run.status()).isZero();
    assertThat(line(run, "warning", "policy")).contains("nothing is ever deleted");
    assertThat(line(run, "warning", "programs there"))
        .contains("plasma-rotate (plasma 0.0.1)", "install the same version");
    assertThat(line(run, "note", "archives")).contains("none yet");
    assertThat(line(run, "ok", "state folder")).contains("which the first run makes");
    assertThat(agent.stateFolder()).doesNotExist();
    assertThat(names(server.storage())).isEmpty();
    assertThat(agent.run("check", "--strict").status()).isEqualTo(22);
  }

  @Test
  void everythingIsLookedAtWhateverElseFails() throws IOException {
    Path missing = temp.resolve("nowhere");
    agent
        .folders(folder, missing, Path.of("/proc"))
        .before("/bin/true --password secret", missing + "/tool --password secret", "echo a")
        .with("tempfile", AgentSetup.string(missing.resolve("archive").toString()));
    Files.writeString(server.storage().resolve("plasma-rotate.json"), "{\"policy\": {}}");

    Run run = agent.run("check");

    assertThat(run.status()).isEqualTo(4);
    assertThat(line(run, "ok", "folder")).startsWith(folder + ": snapshot");
    assertThat(run.out()).containsPattern("(?m)^FAILED +folder +" + missing + " doesn't exist");
    assertThat(run.out()).containsPattern("(?m)^FAILED +folder .*/proc is on proc, not on btrfs");
    assertThat(line(run, "FAILED", "hooks")).startsWith("command 2 of \"executeBefore\"");
    assertThat(run.out() + run.err()).doesNotContain("secret");
    assertThat(line(run, "FAILED", "tempfile")).contains(missing + " is not a folder");
    assertThat(line(run, "ok", "storage folder")).contains("written there and removed");
    assertThat(line(run, "FAILED", "policy")).contains("plasma-rotate.json, line 1");
  }

  @Test
  void aServerThatIsNotKnownGetsNoLogin() throws IOException {
    Path known = Files.createFile(temp.resolve("known_hosts"));
    Run unknown =
        agent.to(server, server.clientKey("ed25519"), known, server.storage()).run("check");
    assertThat(unknown.status()).isEqualTo(8);
    assertThat(line(unknown, "FAILED", "host key"))
        .contains("ssh-keyscan -p " + server.port(), server.fingerprint("ed25519"));
    assertThat(line(unknown, "skipped", "login")).contains("not known to be the right");
    assertThat(line(unknown, "ok", "folder")).contains("snapshot");

    server.generateKey("other", "ed25519", "");
    String other = Files.readString(server.directory().resolve("other.pub"));
    Files.writeString(known, server.knownAs() + " " + other);
    Run changed = agent.run("check");
    assertThat(changed.status()).isEqualTo(8);
    assertThat(line(changed, "FAILED", "host key")).contains("HAS CHANGED", "ssh-keygen -R");
    assertThat(server.log()).doesNotContain("Accepted");
  }

  @Test
  void aLoginThatIsRefusedSaysWhichKeysWereTried() throws IOException {
    server.generateKey("stranger", "ed25519", "");
    Path key = server.directory().resolve("stranger");
    Run run = agent.to(server, key, server.knownHosts(), server.storage()).run("check");
    assertThat(run.status()).isEqualTo(8);
    assertThat(line(run, "ok", "host key")).isNotEmpty();
    assertThat(line(run, "FAILED", "login"))
        .contains("offered were ED25519 SHA256:", "ssh-copy-id");
    assertThat(line(run, "skipped", "storage folder")).isNotEmpty();

    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    Run open = agent.run("check");
    assertThat(open.status()).isEqualTo(8);
    assertThat(line(open, "FAILED", "login")).contains("chmod 600");
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws IOException {
    server.kill();
    Run run = agent.run("check");
    assertThat(run.status()).isEqualTo(8);
    assertThat(line(run, "FAILED", "server")).contains("connection refused");
  }

  @Test
  void aStorageFolderThatCannotBeUsedIsNamed() throws IOException {
    Path missing = server.directory().resolve("missing");
    Run run =
        agent.to(server, server.clientKey("ed25519"), server.knownHosts(), missing).run("check");
    assertThat(run.status()).isEqualTo(9);
    assertThat(line(run, "ok", "login")).isNotEmpty();
    assertThat(line(run, "FAILED", "storage folder")).contains("mkdir -p " + missing);
  }

  @Test
  void aStorageFolderThatNothingCanBeWrittenToIsNamed() throws IOException {
    Path small = Files.createDirectory(server.directory().resolve("small"));
    Command.run("mount", "-t", "tmpfs", "-o", "ro", "none", small.toString());
    try {
      Run run =
          agent.to(server, server.clientKey("ed25519"), server.knownHosts(), small).run("check");
      assertThat(run.status()).isEqualTo(9);
      assertThat(line(run, "FAILED", "storage folder")).contains("read-only");
      // What can be told is told all the same.
      assertThat(line(run, "warning", "policy")).contains("nothing is ever deleted");
    } finally {
      Command.run("umount", small.toString());
    }
  }

  @Test
  void anAccountThatMayDoNothingButSftpIsFine() throws IOException {
    try (SshdServer box = SshdServer.startSftpOnly()) {
      Run run = agent.to(box).run("check");
      assertThat(run.status()).isZero();
      assertThat(line(run, "note", "programs there")).startsWith("none was found: ");
      assertThat(names(box.storage())).isEmpty();
    }
  }

  @Test
  void aRunIsNotKeptFromBeginningAndIsNoted() throws Exception {
    assertThat(agent.succeed().out()).contains("stored ");
    String file = agent.file().toRealPath().toString();
    try (StateFolder held = StateFolder.open(agent.stateFolder(), file)) {
      assertThat(held.part(Optional.empty()).unfinished().journals()).isEmpty();
      Run run = agent.run("check");
      assertThat(run.status()).isZero();
      assertThat(line(run, "note", "state folder")).contains("a backup", "is running");
    }
    // Whoever only looks doesn't hold it.
    assertThat(StateFolder.view(agent.stateFolder(), file).busy()).isFalse();
    assertThat(agent.run().status()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"3, days old", "-1, dated in the future"})
  void archivesOfAnotherTimeAreTold(int daysAgo, String text) throws IOException {
    String time =
        LocalDateTime.now(ZoneId.systemDefault())
            .minusDays(daysAgo)
            .format(DateTimeFormatter.ofPattern("uuuuMMdd-HHmm"));
    Files.writeString(server.storage().resolve(time + "-daily.tar"), "x");
    Run run = agent.run("check");
    assertThat(run.status()).isZero();
    assertThat(line(run, "warning", "archives")).contains(time + "-daily.tar", text);
  }

  @Test
  void runsThatWereCutOffAreTold() throws Exception {
    ZonedDateTime time = ZonedDateTime.now(ZoneId.systemDefault());
    try (StateFolder state =
            StateFolder.open(agent.stateFolder(), agent.file().toRealPath().toString());
        RunJournal journal =
            state
                .part(Optional.empty())
                .begin(
                    JournalRecords.begun(
                        "run-1", time, "settings", "here", "20260101-0000-daily.tar"))) {
      assertThat(journal.record().run()).isEqualTo("run-1");
    }
    Run run = agent.run("check");
    assertThat(run.status()).isZero();
    assertThat(line(run, "note", "state folder")).contains("cut off was the run run-1");
    assertThat(line(agent.run("check"), "note", "state folder")).contains("run-1");
  }

  @ParameterizedTest
  @CsvSource({
    "btrfs-snapshot, -sys_admin, FAILED, no CAP_SYS_ADMIN, 4",
    "tar, '-dac_override,-dac_read_search', warning, no CAP_DAC_READ_SEARCH, 0",
    "tar, -sys_admin, note, no CAP_SYS_ADMIN, 0"
  })
  void whatPrivilegesLackIsTold(
      String strategy, String without, String verdict, String text, int status) throws Exception {
    Requires.tool("setpriv");
    Path storage = Files.createDirectory(temp.resolve("storage"));
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--bounding-set", without, "--inh-caps", without));
    command.addAll(Commands.agent(agent.strategy(strategy).to(storage).file()).command());
    command.add("check");
    Path err = temp.resolve("err");
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out + Files.readString(err)).isEqualTo(status);
    assertThat(line(new Run(status, out, ""), verdict, "privileges")).contains(text);
  }

  @Test
  void withoutAServerALocalFolderIsLookedAt() throws IOException {
    Path storage = Files.createDirectory(temp.resolve("storage"));
    Run run = agent.to(storage).run("check");
    assertThat(run.status()).isZero();
    assertThat(run.out()).doesNotContain("login", "host key", "clock there");
    assertThat(line(run, "ok", "storage folder")).startsWith(storage.toString());
    assertThat(names(storage)).isEmpty();

    Run missing = agent.to(temp.resolve("nowhere")).run("check");
    assertThat(missing.status()).isEqualTo(9);
    assertThat(line(missing, "FAILED", "storage folder")).contains("does not exist");
  }

  @ParameterizedTest
  @CsvSource({"600, -600", "-600, 600", "0, 0"})
  void clocksAreCompared(long oursAhead, long expected) throws Exception {
    try (LocalStore store = LocalStore.open(server.storage())) {
      Clock ours = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(oursAhead));
      assertThat(new StorageProbe(ours).clockDifference(store))
          .isBetween(Duration.ofSeconds(expected - 5), Duration.ofSeconds(expected + 5));
    }
    assertThat(names(server.storage())).containsExactly("plasma-rotate.json");
  }

  @Test
  void machinesGetADocument() throws IOException {
    Files.delete(server.storage().resolve("plasma-rotate.json"));
    Run run = agent.folders(folder, temp.resolve("nowhere")).run("check", "--json");
    assertThat(run.err()).isEmpty();
    String rows =
        """
        import json, sys
        document = json.loads(sys.argv[1])
        print(document["exitStatus"])
        for c in document["checks"]:
            print(c["check"], c["verdict"], c.get("exitStatus"), bool(c["text"]))
        """;
    assertThat(Command.run("/usr/bin/python3", "-c", rows, run.out()).lines())
        .startsWith(Integer.toString(run.status()))
        .contains("4", "folder failed 4 True", "policy warning None True", "login ok None True");
  }

  @Test
  void withoutAConfigurationOnlyTheMachineIsLookedAt() throws IOException {
    Path broken = Files.writeString(temp.resolve("broken.conf"), "{\"folders\": [\"/etc\"]");
    Run run = Commands.run(new PlasmaAgent(), "check", "--config", broken.toString());
    assertThat(run.status()).isEqualTo(3);
    assertThat(line(run, "ok", "versions")).startsWith("plasma ");
    assertThat(line(run, "FAILED", "configuration")).startsWith(broken + ":1");

    Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rw-rw-rw-"));
    Run writable = Commands.run(new PlasmaAgent(), "check", "--config", broken.toString());
    assertThat(line(writable, "FAILED", "configuration")).contains("chmod go-w");
  }

  @ParameterizedTest
  @CsvSource({"5.6.19-generic, true", "5.7.0, false", "6.1.0-13-amd64, false", "4.19.0, true"})
  void kernelsAreToldApart(String kernel, boolean older) {
    assertThat(MachineChecks.isOlder(kernel)).isEqualTo(older);
  }
}
