package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One run for several targets: a local folder, and a server. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class TargetsTest {

  private static final String LOCAL = "local";
  private static final String REMOTE = "remote";

  @TempDir Path temp;
  private LoopbackBtrfs btrfs;
  private SshdServer server;
  private Path data;
  private Path storage;
  private AgentSetup agent;

  @BeforeEach
  void setUp() throws IOException {
    btrfs = LoopbackBtrfs.create(512L << 20);
    data = btrfs.subvolume("data");
    byte[] content = new byte[20 << 20];
    new Random(1).nextBytes(content);
    for (int i = 0; i < 4; i++) {
      Files.write(data.resolve("large" + i), content);
    }
    storage = Files.createDirectory(temp.resolve("storage"));
    server = SshdServer.start();
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(data);
  }

  @AfterEach
  void tearDown() {
    server.close();
    btrfs.close();
  }

  private AgentSetup localFirst() {
    return agent.target(LOCAL, storage).target(REMOTE, server, "");
  }

  /** So slow that there is time to do something meanwhile, and given up at once. */
  private AgentSetup remoteFirst() {
    return agent
        .target(REMOTE, server, ", \"bandwidthLimit\": \"20M\", \"retryFor\": \"0s\"")
        .target(LOCAL, storage);
  }

  private String snapshots() {
    return btrfs.btrfs("subvolume", "list", "-s", btrfs.root().toString());
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static List<Path> archives(Path folder) throws IOException {
    return files(folder).stream()
        .filter(name -> name.endsWith(".tar"))
        .map(folder::resolve)
        .toList();
  }

  private static Path archive(Path folder) throws IOException {
    assertThat(archives(folder)).hasSize(1);
    return archives(folder).getFirst();
  }

  private static long partialBytes(Path folder) throws IOException {
    for (String name : files(folder)) {
      if (name.endsWith(".tar.part")) {
        return Files.size(folder.resolve(name));
      }
    }
    return 0;
  }

  private void nothingIsLeft() throws IOException {
    assertThat(snapshots()).isEmpty();
    for (Path folder : List.of(storage, server.storage())) {
      assertThat(files(folder)).noneMatch(name -> name.endsWith(".part"));
    }
    assertThat(journals()).isEmpty();
  }

  private List<Path> journals() throws IOException {
    try (Stream<Path> state = Files.walk(agent.stateFolder())) {
      return state.filter(file -> file.endsWith("run")).toList();
    }
  }

  private static void isWhole(Path archive, String... lacking) {
    String names = Command.run("tar", "-tf", archive.toString());
    assertThat(names.lines().filter(name -> name.contains("/large"))).hasSize(4);
    for (String name : lacking) {
      assertThat(names).doesNotContain("/" + name);
    }
    Command.run("tar", "-df", archive.toString(), "-C", "/");
  }

  /** Runs the agent, and does something else as soon as so much is stored of an archive. */
  private Run runAnd(Path folder, long bytes, Runnable action) throws Exception {
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<Run> run = thread.submit(() -> agent.run());
      while (partialBytes(folder) < bytes) {
        assertThat(run.isDone()).as("it is over already").isFalse();
        Thread.onSpinWait();
      }
      action.run();
      return run.get();
    }
  }

  private Process start() throws IOException {
    return Commands.agent(agent.file())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(temp.resolve("errors").toFile())
        .start();
  }

  private static void awaitPart(Process process, Path folder) throws IOException {
    while (partialBytes(folder) < 8 << 20) {
      assertThat(process.isAlive()).as("the agent still runs").isTrue();
      Thread.onSpinWait();
    }
  }

  private void signalAt(Path folder, String signal, int status) throws Exception {
    Process process = start();
    awaitPart(process, folder);
    Command.run("kill", "-" + signal, Long.toString(process.pid()));
    assertThat(process.waitFor()).isEqualTo(status);
  }

  @Test
  void eachHasTheSame() throws Exception {
    Run run = localFirst().run("--json");

    assertThat(run.err().lines())
        .filteredOn(line -> line.contains("snapshot of " + data))
        .hasSize(1);
    assertThat(run.status()).isZero();
    nothingIsLeft();
    isWhole(archive(storage));
    assertThat(Files.mismatch(archive(storage), archive(server.storage()))).isEqualTo(-1);
    assertThat(run.out())
        .contains(
            "\"exitStatus\":0,\"targets\":[{\"target\":\"local\",\"exitStatus\":0,\"message\":\"\",\"storage\":\""
                + storage
                + "\",\"archive\":\"",
            "{\"target\":\"remote\",\"exitStatus\":0,");
  }

  @Test
  void whatChangesMeanwhileIsInNone() throws Exception {
    remoteFirst();
    Path later = data.resolve("later");

    Run run = runAnd(server.storage(), 8 << 20, () -> write(later));

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("remote: stored ", "local: stored ");
    nothingIsLeft();
    Files.delete(later);
    isWhole(archive(server.storage()), "later");
    isWhole(archive(storage), "later");
  }

  private static void write(Path file) {
    Command.run("sh", "-c", "echo later > \"$0\"", file.toString());
  }

  @Test
  void oneThatFailsDoesNotStopTheOther() throws Exception {
    Path facts = temp.resolve("facts");
    Path metrics = temp.resolve("metrics");
    Path missing = temp.resolve("missing");
    agent
        .target("broken", missing)
        .target(LOCAL, storage)
        .after("env > " + facts + "-after")
        .with("executeOnFailure", "[\"env > " + facts + "\"]")
        .with("metricsFile", AgentSetup.string(metrics.toString()));

    Run run = agent.run("--json");

    assertThat(run.status()).isEqualTo(ExitCode.SOME_TARGETS.number());
    assertThat(run.err())
        .contains("plasma-agent: broken: cannot open the storage folder " + missing);
    nothingIsLeft();
    isWhole(archive(storage));
    assertThat(Commands.hookFacts(facts))
        .containsEntry("PLASMA_RESULT", "some_targets")
        .containsEntry("PLASMA_EXIT_STATUS", "24")
        .containsEntry("PLASMA_TARGETS", "broken=storage local=ok")
        .containsEntry("PLASMA_ARCHIVE", archive(storage).getFileName().toString())
        .containsEntry("PLASMA_STORAGE", missing + ", " + storage)
        .hasEntrySatisfying(
            "PLASMA_MESSAGE",
            message -> assertThat(message).startsWith("broken: cannot open the storage folder "));
    assertThat(Commands.hookFacts(Path.of(facts + "-after")))
        .containsEntry("PLASMA_TARGETS", "broken=storage local=ok");
    assertThat(run.out())
        .contains(
            "\"exitStatus\":24,\"targets\":[{\"target\":\"broken\",\"exitStatus\":9,\"message\":\"cannot open the storage folder "
                + missing,
            "\"storage\":\"" + missing + "\",\"archive\":null}");
    assertThat(Files.readAllLines(metrics))
        .anyMatch(line ->
            line.matches(
                "plasma_last_run_exit_status\\{configuration=\".*\",target=\"broken\"} 9.0"))
        .anyMatch(line ->
            line.matches(
                "plasma_last_run_exit_status\\{configuration=\".*\",target=\"local\"} 0.0"))
        .filteredOn(line -> line.startsWith("# TYPE plasma_last_run_exit_status "))
        .hasSize(1);
    Run status = status();
    assertThat(status.status()).isEqualTo(ExitCode.STALE.number());
    assertThat(status.out())
        .containsPattern("broken: last run .*: exit status 9: cannot open the storage folder ")
        .contains("broken: last backup  none")
        .containsPattern("local: last run .*: ok")
        .contains("local: last backup  " + archive(storage).getFileName());
  }

  private Run status(String... options) throws IOException {
    String[] words =
        Stream.concat(Stream.of("status", "--config", agent.file().toString()), Stream.of(options))
            .toArray(String[]::new);
    return Commands.run(new PlasmaAgent(Clock.systemUTC()), words);
  }

  @Test
  void allThatFailGiveTheReasonOfTheFirst() throws Exception {
    server.kill();
    Run run = agent.target(REMOTE, server, "").target(LOCAL, temp.resolve("missing")).run();

    assertThat(run.status()).isEqualTo(ExitCode.CONNECTION.number());
    assertThat(run.errors())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("plasma-agent: remote: "),
            line -> assertThat(line).startsWith("plasma-agent: local: "));
    assertThat(snapshots()).isEmpty();
    assertThat(status("--json").out())
        .contains("\"targets\":[{\"target\":\"remote\",\"runsWithoutBackup\":1,");
  }

  @Test
  void whatConcernsAllIsToldOnce() throws Exception {
    Run run = localFirst().before("false").run();

    assertThat(run.status()).isEqualTo(ExitCode.BEFORE_HOOK.number());
    assertThat(run.err().lines()).hasSize(1);
    assertThat(status().out().lines().filter(line -> line.contains(": exit status 5: ")))
        .hasSize(2);
  }

  @Test
  void killedInTheSecondItsUploadIsGoneOnWithAndTheFirstHasANewArchive() throws Exception {
    agent.target(LOCAL, storage).target(REMOTE, server, ", \"bandwidthLimit\": \"20M\"");
    signalAt(server.storage(), "KILL", 137);
    isWhole(archive(storage));
    assertThat(snapshots()).isNotEmpty();
    Path later = Files.writeString(data.resolve("later"), "later");

    Run run = agent.run();

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("remote: going on with the run ")
        .containsPattern("remote: archiving .* are stored already");
    nothingIsLeft();
    assertThat(archives(storage)).hasSize(2);
    isWhole(archives(storage).getLast());
    Files.delete(later);
    isWhole(archive(server.storage()), "later");
  }

  @Test
  void stoppedInTheSecondTheFirstIsStored() throws Exception {
    agent
        .target(LOCAL, storage)
        .target(REMOTE, server, ", \"bandwidthLimit\": \"20M\"")
        .after("touch " + temp.resolve("after"));

    signalAt(server.storage(), "TERM", ExitCode.SUSPENDED.number());

    assertThat(Files.readString(temp.resolve("errors")))
        .isEqualTo(
            "plasma-agent: remote: stopped by a signal; the snapshots and what is stored so far are kept, and the next run goes on with it\n");
    assertThat(temp.resolve("after")).doesNotExist();
    isWhole(archive(storage));
    assertThat(agent.run().out()).contains("remote: going on with the run ");
    nothingIsLeft();
  }

  @Test
  void stoppedInTheFirstTheSecondIsNotBegun() throws Exception {
    remoteFirst();

    signalAt(server.storage(), "TERM", ExitCode.SUSPENDED.number());

    assertThat(Files.readAllLines(temp.resolve("errors")))
        .containsExactly(
            "plasma-agent: remote: stopped by a signal; the snapshots and what is stored so far are kept, and the next run goes on with it",
            "plasma-agent: local: stopped by a signal; nothing was published");
    assertThat(files(storage)).isEmpty();
    assertThat(snapshots()).isNotEmpty();
    assertThat(status().out()).containsPattern("local: last run .*: exit status 130: ");
  }

  @Test
  void aLostConnectionKeepsTheSnapshotsForTheTargetThatNeedsThem() throws Exception {
    remoteFirst();
    Run cut = runAnd(server.storage(), 8 << 20, server::kill);
    assertThat(cut.status()).isEqualTo(ExitCode.SOME_TARGETS.number());
    assertThat(cut.err()).contains(" are kept, and the next run goes on with them");
    isWhole(archive(storage));
    String kept = snapshots();
    assertThat(kept.lines()).hasSize(1);
    // As long as the server is away they stay, whatever becomes of the other target.
    Run away = agent.run();
    assertThat(away.status()).isEqualTo(ExitCode.SOME_TARGETS.number());
    assertThat(snapshots()).isEqualTo(kept);
    server.configure();

    Run run = agent.run();

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("remote: going on with the run ");
    nothingIsLeft();
    isWhole(archive(server.storage()));
    assertThat(archives(storage)).hasSize(3);
  }

  /** Both were cut off, with the same snapshots; one goes on with them, and later the other. */
  @Test
  void snapshotsStayUntilTheLastThatNeedsThemHasGoneOn() throws Exception {
    Path first = server.storage();
    Path second = Files.createDirectory(server.directory().resolve("second"));
    String slow = ", \"bandwidthLimit\": \"20M\", \"retryFor\": \"0s\"";
    agent.target("first", server, slow).target("second", server, slow, second);
    Process process = start();
    awaitPart(process, first);
    server.killConnections();
    awaitPart(process, second);
    process.destroyForcibly().waitFor();
    String kept = snapshots();
    assertThat(kept.lines()).hasSize(1);
    Path away = Files.move(first, server.directory().resolve("away"));

    Run withoutFirst = agent.run();

    assertThat(withoutFirst.status()).isEqualTo(ExitCode.SOME_TARGETS.number());
    assertThat(withoutFirst.out()).contains("second: going on with the run ");
    assertThat(archives(second)).hasSize(1);
    assertThat(snapshots()).isEqualTo(kept);
    Files.move(away, first);

    Run run = agent.run();

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("first: going on with the run ")
        .doesNotContain("second: going on");
    nothingIsLeft();
    isWhole(archive(first));
    assertThat(archives(second)).hasSize(2);
  }

  @Test
  void leftoversOfATargetThatIsOneNoMoreAreTakenAway() throws Exception {
    remoteFirst();
    assertThat(runAnd(server.storage(), 8 << 20, server::kill).status())
        .isEqualTo(ExitCode.SOME_TARGETS.number());
    assertThat(snapshots()).isNotEmpty();
    agent.withoutTarget(REMOTE);

    Run run = agent.run();

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(" is not gone on with (its target is not in the configuration any more)");
    assertThat(run.err())
        .containsPattern("an incomplete \\S+\\.tar may be left in .*, where archives went then");
    assertThat(snapshots()).isEmpty();
    assertThat(journals()).isEmpty();
  }

  @Test
  void fromOneToSeveral() throws Exception {
    agent.to(server).bandwidthLimit("20M");
    signalAt(server.storage(), "KILL", 137);
    agent.without("ssh").without("remoteFolder");

    Run run = localFirst().run();

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains(" is not gone on with (its target is not in the configuration any more)");
    assertThat(snapshots()).isEmpty();
    assertThat(journals()).isEmpty();
  }

  @Test
  void theLastSnapshotIsKeptForAll() throws Exception {
    localFirst().with("options", "{\"keepLastSnapshot\": true}").succeed();
    String first = snapshots();
    assertThat(first.lines()).hasSize(1);

    agent.succeed();

    assertThat(snapshots().lines()).hasSize(1);
    assertThat(snapshots()).isNotEqualTo(first);
    assertThat(journals()).hasSize(2);
  }

  @Test
  void localFoldersOfAllAreNotInTheArchive() throws Exception {
    Path one = Files.createDirectory(data.resolve("one"));
    Path other = Files.createDirectory(data.resolve("other"));

    Run run = agent.target("one", one).target("other", other).run();

    assertThat(run.status()).isZero();
    assertThat(Command.run("tar", "-tf", archive(other).toString()))
        .doesNotContain("/one/", "/other/", ".tar");
  }

  @Test
  void restoringNamesTheTarget() throws Exception {
    localFirst().succeed();
    String file = agent.file().toString();

    Run which = Commands.run(new PlasmaRestore(), "list", "--config", file);
    Run local = Commands.run(new PlasmaRestore(), "list", "--config", file, "--target", LOCAL);
    Run remote =
        Commands.run(new PlasmaRestore(), "verify", "latest", "--config", file, "--target", REMOTE);
    Run none = Commands.run(new PlasmaRestore(), "list", "--config", file, "--target", "moon");

    assertThat(which.status()).isEqualTo(ExitCode.USAGE.number());
    assertThat(which.err()).contains("choose one with --target: local, remote");
    assertThat(local.status()).isZero();
    assertThat(local.out()).contains(archive(storage).getFileName().toString());
    assertThat(remote.status()).isZero();
    assertThat(none.status()).isEqualTo(ExitCode.USAGE.number());
    assertThat(none.err()).contains("there are: local, remote");
  }

  @Test
  void eachIsChecked() throws Exception {
    agent.target("broken", temp.resolve("missing")).target(LOCAL, storage);

    Run text = Commands.run(new PlasmaAgent(), "check", "--config", agent.file().toString());
    Run json =
        Commands.run(new PlasmaAgent(), "check", "--json", "--config", agent.file().toString());

    assertThat(text.status()).isEqualTo(ExitCode.STORAGE.number());
    assertThat(text.out())
        .containsPattern("FAILED +storage folder +broken: ")
        .containsPattern("ok +storage folder +local: " + storage);
    assertThat(json.out())
        .contains("{\"target\":\"broken\",\"check\":\"storage folder\",\"verdict\":\"failed\"");
  }
}
