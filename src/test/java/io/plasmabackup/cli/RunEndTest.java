package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a run has ended is told to hooks, monitoring, {@code status}, the journal and systemd. */
class RunEndTest {

  @TempDir Path temp;

  private Path folder;
  private Path storage;
  private AgentSetup agent;

  @BeforeEach
  void setUp() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
    storage = Files.createDirectory(temp.resolve("storage"));
    agent = new AgentSetup(temp).strategy("tar").folders(folder).to(storage);
  }

  private AgentSetup hooks(Path onFailure, Path always) {
    return agent
        .with("executeOnFailure", list("env > " + onFailure))
        .with("executeAlways", list("env > " + always));
  }

  private static String list(String... commands) {
    return Stream.of(commands).map(AgentSetup::string).collect(Collectors.joining(", ", "[", "]"));
  }

  @Test
  void aRunThatWentWellTellsOnlyWhoAlwaysWantsToKnow() throws Exception {
    Path failed = temp.resolve("failed");
    Path always = temp.resolve("always");

    hooks(failed, always).succeed();

    assertThat(failed).doesNotExist();
    assertThat(Commands.hookFacts(always))
        .containsEntry("PLASMA_RESULT", "ok")
        .containsEntry("PLASMA_EXIT_STATUS", "0")
        .containsEntry("PLASMA_MESSAGE", "")
        .containsEntry("PLASMA_ARCHIVE", archive())
        .containsEntry("PLASMA_STORAGE", storage.toString())
        .containsKeys("PLASMA_RUN", "PLASMA_SHA256", "PLASMA_BYTES");
  }

  private String archive() throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".tar"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void aFolderThatIsMissing() throws Exception {
    Path failed = temp.resolve("failed");
    Path always = temp.resolve("always");

    Run run = hooks(failed, always).folders(temp.resolve("missing")).run();

    assertThat(run.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(Commands.hookFacts(failed))
        .containsEntry("PLASMA_RESULT", "refused")
        .containsEntry("PLASMA_EXIT_STATUS", "4")
        .doesNotContainKey("PLASMA_ARCHIVE");
    assertThat(run.err())
        .isEqualTo("plasma-agent: " + Commands.hookFacts(failed).get("PLASMA_MESSAGE") + "\n");
    assertThat(Commands.hookFacts(always)).isEqualTo(Commands.hookFacts(failed));
  }

  @Test
  void aPreCommandThatFailed() throws Exception {
    Path failed = temp.resolve("failed");

    Run run = hooks(failed, temp.resolve("always")).before("echo secret; exit 3").run();

    assertThat(run.status()).isEqualTo(ExitCode.BEFORE_HOOK.number());
    assertThat(Commands.hookFacts(failed))
        .containsEntry("PLASMA_RESULT", "before_hook")
        .hasEntrySatisfying(
            "PLASMA_MESSAGE",
            message ->
                assertThat(message)
                    .contains("command 1 of \"executeBefore\" ended with status 3")
                    .doesNotContain("secret"));
  }

  @Test
  void anArchiveThatIsStoredAllTheSame() throws Exception {
    Path failed = temp.resolve("failed");

    Run run = hooks(failed, temp.resolve("always")).after("false").run();

    assertThat(run.status()).isEqualTo(ExitCode.AFTER_HOOK.number());
    assertThat(Commands.hookFacts(failed))
        .containsEntry("PLASMA_RESULT", "after_hook")
        .containsEntry("PLASMA_ARCHIVE", archive());
  }

  @Test
  void whoIsToldMayFailToo() throws Exception {
    Path told = temp.resolve("told");
    Run run = agent.with("executeAlways", list("false", "touch " + told)).run();

    assertThat(run.status()).isEqualTo(ExitCode.AFTER_HOOK.number());
    assertThat(run.err()).contains("command 1 of \"executeAlways\" ended with status 1");
    assertThat(told).exists();
    assertThat(archive()).isNotEmpty();
  }

  @Test
  void aSecondRunBesideTheFirstTellsNobody() throws Exception {
    Path failed = temp.resolve("failed");
    Path second = temp.resolve("second");
    hooks(failed, temp.resolve("always"));
    agent.before(
        String.join(
                " ",
                Commands.agent(agent.file()).command().stream().map(RunEndTest::quoted).toList())
            + " >/dev/null 2>&1; echo $? > "
            + second);

    agent.succeed();

    assertThat(Files.readString(second).strip())
        .isEqualTo(Integer.toString(ExitCode.BUSY.number()));
    assertThat(failed).doesNotExist();
  }

  private static String quoted(String word) {
    return "'" + word + "'";
  }

  private static Run status(Path file, String... options) {
    return status(Clock.systemUTC(), file, options);
  }

  private static Run status(Clock clock, Path file, String... options) {
    List<String> arguments = new ArrayList<>(List.of("--config", file.toString(), "status"));
    arguments.addAll(List.of(options));
    return Commands.run(new PlasmaAgent(clock), arguments.toArray(String[]::new));
  }

  @Test
  void statusBeforeTheFirstRun() throws Exception {
    Run status = status(agent.file());

    assertThat(status.out()).contains("no run of", "has been seen yet");
    assertThat(status.status()).isEqualTo(ExitCode.STALE.number());
  }

  @Test
  void statusOfABackup() throws Exception {
    agent.succeed();

    Run status = status(agent.file());

    assertThat(status.err()).isEmpty();
    assertThat(status.out().lines())
        .hasSize(2)
        .satisfiesExactly(
            run -> assertThat(run).matches("last run     \\S+ \\S+, took \\d s: ok"),
            backup ->
                assertThat(backup)
                    .matches(
                        "last backup  %s, \\d+ s old: 2 entries, \\S+ KiB, in %s"
                            .formatted(archive(), storage)));
    assertThat(status.status()).isZero();
    assertThat(status(agent.file(), "--max-age", "1").status()).isZero();
  }

  @Test
  void statusWhenRunsHaveFailedSince() throws Exception {
    agent.succeed();
    String stored = archive();
    agent.before("false");
    agent.run();
    agent.run();

    Run status = status(agent.file());

    assertThat(status.out())
        .contains(
            "exit status 5: command 1 of \"executeBefore\"",
            "last backup  " + stored,
            "since then   2 runs without a backup",
            "next step    mend what the last run says");
    assertThat(status.status()).isEqualTo(ExitCode.STALE.number());

    agent.without("executeBefore").run();
    assertThat(status(agent.file()).status()).isZero();
  }

  @Test
  void statusOfAnOldBackup() throws Exception {
    agent.succeed();
    Clock later = Clock.fixed(Instant.now().plus(Duration.ofHours(50)), ZoneOffset.UTC);

    Run status = status(later, agent.file(), "--max-age", "49");

    assertThat(status.out()).contains("2 d 2 h old", "next step    see why no run was started");
    assertThat(status.status()).isEqualTo(ExitCode.STALE.number());
    assertThat(status(later, agent.file(), "--max-age", "51").status()).isZero();
    assertThat(status(later, agent.file()).status()).isZero();
  }

  @Test
  void statusForMachines() throws Exception {
    agent.succeed();
    agent.before("false").run();

    Run status = status(agent.file(), "--json");

    assertThat(
            Command.run(
                "python3",
                "-c",
                """
                import json, sys
                s = json.loads(sys.argv[1])
                print(s['runsWithoutBackup'], s['lastRun']['exitStatus'], s['lastRun']['stored'],
                      s['lastBackup']['stored']['archive'], s['lastBackup']['stored']['entries'])
                """,
                status.out()))
        .isEqualToIgnoringNewLines("1 5 None %s 2".formatted(archive()));
  }

  @Test
  void damagedResultsAreAsNone() throws Exception {
    agent.succeed();
    try (Stream<Path> files = Files.walk(agent.stateFolder())) {
      for (Path file : files.filter(f -> f.toString().contains("results.json")).toList()) {
        Files.writeString(file, "damaged");
      }
    }

    assertThat(status(agent.file()).out()).contains("no run of");
    agent.succeed();
    assertThat(status(agent.file()).out()).contains("last backup  ");
  }

  @Test
  void metricsOfEveryRun() throws Exception {
    Path metrics = temp.resolve("plasma.prom");
    agent.with("metricsFile", AgentSetup.string(metrics.toString()));
    agent.succeed();
    String label = "{configuration=\"" + agent.file().toRealPath() + "\"} ";

    assertThat(Files.readAllLines(metrics))
        .contains(
            "# TYPE plasma_last_run_exit_status gauge",
            "plasma_last_run_exit_status" + label + "0.0",
            "plasma_runs_since_last_backup" + label + "0.0",
            "plasma_last_backup_entries" + label + "2.0",
            "plasma_last_backup_bytes" + label + (double) Files.size(storage.resolve(archive())))
        .anyMatch(line -> line.startsWith("plasma_last_backup_timestamp_seconds" + label));
    assertThat(Command.run("stat", "-c", "%a", metrics.toString()).strip()).isEqualTo("644");
    assertThat(temp.toFile().list((directory, name) -> name.startsWith(".plasma-"))).isEmpty();

    agent.before("false").run();
    assertThat(Files.readAllLines(metrics))
        .contains(
            "plasma_last_run_exit_status" + label + "5.0",
            "plasma_runs_since_last_backup" + label + "1.0",
            "plasma_last_backup_entries" + label + "2.0");
  }

  @Test
  void metricsThatCannotBeWritten() throws Exception {
    Path metrics = temp.resolve("missing/plasma.prom");

    Run run = agent.with("metricsFile", AgentSetup.string(metrics.toString())).run();

    assertThat(run.err()).contains("cannot write the metrics " + metrics, "make its folder");
    assertThat(archive()).isNotEmpty();
    assertThat(run.status()).isEqualTo(ExitCode.CLEANUP.number());
    assertThat(status(agent.file()).out()).contains("last backup  " + archive());
  }

  @Test
  void aLogOfDocuments() throws Exception {
    Path missing = temp.resolve("missing\u001b[2J");
    Run stored = agent.run("--log-format", "json");
    Run failed = agent.folders(missing).run("--log-format", "JSON");

    String script =
        """
        import json, sys
        for line in sys.argv[1].splitlines():
            entry = json.loads(line)
            assert sorted(entry) == ['command', 'level', 'message', 'time'], entry
            print(entry['level'], entry['command'], entry['message'])
        """;
    assertThat(Command.run("python3", "-c", script, stored.out()))
        .contains("info plasma-agent stored " + archive());
    assertThat(Command.run("python3", "-c", script, failed.err()))
        .startsWith("error plasma-agent ")
        .contains("missing")
        .doesNotContain("\u001b");
  }

  @Test
  void theJournalGetsPriorities() throws Exception {
    Path log = Files.createFile(temp.resolve("log"));
    ProcessBuilder builder = Commands.agent(agent.after("false").file());
    builder
        .environment()
        .put("JOURNAL_STREAM", Command.run("stat", "-c", "%d:%i", log.toString()).strip());
    Process process =
        builder
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();

    assertThat(process.waitFor()).isEqualTo(ExitCode.AFTER_HOOK.number());
    String stored = "<6>stored " + archive();
    assertThat(Files.readAllLines(log))
        .isNotEmpty()
        .allMatch(line -> line.matches("<[346]>.*"))
        .anyMatch(line -> line.startsWith(stored))
        .anyMatch(line -> line.startsWith("<3>command 1 of \"executeAfter\""));
  }

  @Test
  void systemdIsToldWhatIsBeingDone() throws Exception {
    Path socket = temp.resolve("notify");
    String manager =
        """
        import socket, sys
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(sys.argv[1])
        print('ready', flush=True)
        while True:
            print(s.recv(10000).decode(), flush=True)
        """;
    Process listener =
        new ProcessBuilder(Requires.tool("python3").toString(), "-c", manager, socket.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader heard = listener.inputReader(StandardCharsets.UTF_8)) {
      assertThat(heard.readLine()).isEqualTo("ready");
      ProcessBuilder builder = Commands.agent(agent.file());
      builder.environment().put("NOTIFY_SOCKET", socket.toString());
      Process process =
          builder
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      assertThat(process.waitFor()).isZero();

      List<String> lines = new ArrayList<>();
      for (String line = heard.readLine(); line != null; line = heard.readLine()) {
        lines.add(line);
        if (line.startsWith("STATUS=over")) {
          break;
        }
      }
      assertThat(lines)
          .contains("STATUS=preparing", "STATUS=archiving", "STATUS=rotating")
          .anyMatch(line -> line.matches("STATUS=archiving: \\d+ %, .*"))
          .last()
          .isEqualTo("STATUS=over: stored");
    } finally {
      listener.destroy();
    }
  }

  @Test
  void itMakesWayForOthers() throws Exception {
    Requires.root();
    Path seen = temp.resolve("seen");
    agent
        .with("priority", "{\"nice\": 11, \"disk\": \"idle\"}")
        .before("nice > " + seen + "; ionice >> " + seen);
    Process process =
        Commands.agent(agent.file())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();

    assertThat(process.waitFor()).isZero();
    assertThat(Files.readAllLines(seen)).containsExactly("11", "idle");
  }

  /** In a mount namespace of its own, where /etc has what a machine with several would have. */
  @Test
  void severalConfigurations() throws Exception {
    Requires.systemAdministration();
    Path etc = temp.resolve("etc");
    Files.createDirectories(etc.resolve("plasma-agent.d"));
    Path other = Files.createDirectory(temp.resolve("other"));
    Files.copy(agent.file(), etc.resolve("plasma-agent.conf"));
    Files.copy(
        agent.folders(temp.resolve("missing")).file(), etc.resolve("plasma-agent.d/bad.conf"));
    Files.copy(agent.folders(folder).to(other).file(), etc.resolve("plasma-agent.d/good.conf"));
    List<String> command = new ArrayList<>(Commands.agent(agent.file()).command());
    command.subList(command.indexOf("--config"), command.size()).clear();
    command.add("--all");
    String script =
        "mount -t overlay overlay -o lowerdir=%s:/etc /etc && exec \"$@\"".formatted(etc);
    List<String> all = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", script, "sh"));
    all.addAll(command);

    Command.Result result = Command.attempt(all.toArray(String[]::new));

    assertThat(result.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(result.output())
        .containsSubsequence(
            "configuration /etc/plasma-agent.conf",
            "stored ",
            "configuration /etc/plasma-agent.d/bad.conf",
            "configuration /etc/plasma-agent.d/good.conf",
            "stored ");
    assertThat(archive()).isNotEmpty();
    assertThat(other.toFile().list((directory, name) -> name.endsWith(".tar"))).hasSize(1);
  }

  /** Incompressible data at 1 MiB a second cannot be there sooner. */
  @Test
  void anUploadTakesNoMoreThanItMay() throws Exception {
    byte[] data = new byte[4 << 20];
    new Random(1).nextBytes(data);
    Files.write(folder.resolve("data"), data);
    try (SshdServer server = SshdServer.start()) {
      agent.to(server).bandwidthLimit("1M");
      Instant start = Instant.now();

      agent.succeed();

      assertThat(Duration.between(start, Instant.now())).isGreaterThan(Duration.ofSeconds(4));
      assertThat(server.storage().toFile().list((directory, name) -> name.endsWith(".tar")))
          .hasSize(1);
    }
  }
}
