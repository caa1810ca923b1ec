package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A PostgreSQL that is written to all the time is backed up, restored with tar and with
 * plasma-restore, and started: it comes back as after a power cut, with every transaction that was
 * committed before the snapshot.
 */
@Tag("loopback")
class PostgresTest {

  private static final Pattern SNAPSHOT_TIME =
      Pattern.compile("\"transaction\":\\d+,\"time\":\"([^\"]+)\"");

  @TempDir Path temp;

  /**
   * A PostgreSQL server of its own, on a socket in its data directory's parent; runs as the user
   * postgres.
   */
  private record Database(Path programs, Path home, Path sockets) implements AutoCloseable {

    String run(String program, String... arguments) {
      return Command.run(command(program, arguments));
    }

    String[] command(String program, String... arguments) {
      return Stream.concat(
              Stream.of("runuser", "-u", "postgres", "--", programs.resolve(program).toString()),
              Stream.of(arguments))
          .toArray(String[]::new);
    }

    Path data() {
      return home.resolve("data");
    }

    void start() throws IOException {
      String options = "-c listen_addresses='' -c unix_socket_directories=" + sockets;
      Command.Result result =
          Command.attempt(
              command(
                  "pg_ctl",
                  "-D",
                  data().toString(),
                  "-w",
                  "-l",
                  log().toString(),
                  "-o",
                  options,
                  "start"));
      assertThat(result.status())
          .as(() -> Command.run("tail", "-n", "40", log().toString()))
          .isZero();
    }

    Path log() {
      return home.resolve("log");
    }

    String query(String sql) {
      return run("psql", "-h", sockets.toString(), "-d", "postgres", "-AtXc", sql).strip();
    }

    @Override
    public void close() {
      Command.attempt(command("pg_ctl", "-D", data().toString(), "-m", "immediate", "-w", "stop"));
    }
  }

  private static Path programs() throws IOException {
    Requires.loopback();
    Path versions = Path.of("/usr/lib/postgresql");
    Assumptions.assumeTrue(Files.isDirectory(versions), "needs PostgreSQL in /usr/lib/postgresql");
    try (Stream<Path> found = Files.list(versions)) {
      return found.sorted().toList().getLast().resolve("bin");
    }
  }

  /** Commits the numbers 1, 2, 3 … one by one, and notes when each was acknowledged. */
  private static final class Committer {

    private final ConcurrentSkipListMap<Long, Instant> acknowledged = new ConcurrentSkipListMap<>();
    private final Process psql;
    private final Thread thread;

    Committer(Database database) throws IOException {
      psql =
          new ProcessBuilder(
                  database.command(
                      "psql", "-h", database.sockets().toString(), "-d", "postgres", "-AtXq"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      thread = new Thread(this::commit, "committer");
      thread.start();
    }

    private void commit() {
      try (PrintWriter commands =
              new PrintWriter(psql.getOutputStream(), true, StandardCharsets.UTF_8);
          BufferedReader answers =
              new BufferedReader(
                  new InputStreamReader(psql.getInputStream(), StandardCharsets.UTF_8))) {
        for (long n = 1; !Thread.currentThread().isInterrupted(); n++) {
          commands.printf("insert into numbers values (%d) returning n;%n", n);
          String answer = answers.readLine();
          if (!Long.toString(n).equals(answer)) {
            throw new IllegalStateException("psql answered " + answer + " to " + n);
          }
          acknowledged.put(n, Instant.now());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void stop() throws InterruptedException {
      thread.interrupt();
      thread.join();
      psql.destroy();
    }
  }

  @Test
  void aRunningPostgresComesBackWithAllThatWasCommitted() throws Exception {
    Path programs = programs();
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create(3L << 30, "compress=zstd:3");
        SshdServer server = SshdServer.start()) {
      Files.setPosixFilePermissions(
          btrfs.root().getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
      Path home = btrfs.subvolume("postgres");
      Command.run("chown", "postgres:postgres", home.toString());
      Path sockets = Files.createDirectory(btrfs.root().resolve("sockets"));
      Command.run("chown", "postgres:postgres", sockets.toString());
      Instant snapshot;
      Map<Long, Instant> acknowledged;
      AgentSetup agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(home).to(server);
      try (Database database = new Database(programs, home, sockets)) {
        database.run("initdb", "-D", database.data().toString(), "--no-sync", "-A", "trust");
        database.start();
        database.query("create table numbers (n bigint primary key)");
        database.run("pgbench", "-h", sockets.toString(), "-i", "-q", "-s", "3", "postgres");
        Process load =
            new ProcessBuilder(
                    database.command(
                        "pgbench",
                        "-h",
                        sockets.toString(),
                        "-n",
                        "-c",
                        "3",
                        "-T",
                        "120",
                        "postgres"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Committer committer = new Committer(database);
        try {
          while (committer.acknowledged.size() < 200) {
            Thread.sleep(10);
          }
          Run run = agent.run();
          assertThat(run.errors()).isEmpty();
          assertThat(run.status()).isZero();
          acknowledged = new TreeMap<>(committer.acknowledged);
        } finally {
          committer.stop();
          load.destroy();
          load.waitFor();
        }
        snapshot = snapshotTime(server.storage());
      }
      long committedBefore =
          acknowledged.entrySet().stream()
              .filter(number -> number.getValue().isBefore(snapshot))
              .mapToLong(Map.Entry::getKey)
              .max()
              .orElseThrow();
      assertThat(acknowledged.size())
          .as("it went on meanwhile")
          .isGreaterThan((int) committedBefore + 20);
      Path byTar = Files.createDirectory(temp.resolve("by-tar"));
      Command.run("tar", "-C", byTar.toString(), "-xpf", archive(server.storage()).toString());
      check(programs, byTar, home, committedBefore);
      Path byPlasma = temp.resolve("by-plasma");
      Run restored =
          Commands.run(
              new PlasmaRestore(),
              "extract",
              "latest",
              "--config",
              agent.file().toString(),
              "--to",
              byPlasma.toString());
      assertThat(restored.err()).isEmpty();
      assertThat(restored.status()).isZero();
      check(programs, byPlasma, home, committedBefore);
    }
  }

  private void check(Path programs, Path restored, Path home, long committedBefore)
      throws IOException {
    // A socket's path may have 107 bytes, and the user postgres must get there.
    Path short107 = Files.createTempDirectory("pg");
    Command.run("chmod", "755", temp.toString());
    Command.run("chown", "postgres:postgres", short107.toString());
    try {
      Path copy = short107.resolve("home");
      Command.run("mv", restored.resolve(home.toString().substring(1)).toString(), copy.toString());
      // As after a power cut: the lock file of the server that was running is still there.
      assertThat(copy.resolve("data/postmaster.pid")).exists();
      Files.delete(copy.resolve("data/postmaster.pid"));
      try (Database database = new Database(programs, copy, short107)) {
        database.start();
        assertThat(Files.readString(database.log())).contains("redo done");
        long highest = Long.parseLong(database.query("select max(n) from numbers"));
        assertThat(highest).isGreaterThanOrEqualTo(committedBefore);
        assertThat(database.query("select count(*) from numbers"))
            .isEqualTo(Long.toString(highest));
        assertThat(
                database.query(
                    "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)"
                        + " and (select sum(bbalance) from pgbench_branches) = (select sum(delta) from pgbench_history)"
                        + " and (select sum(tbalance) from pgbench_tellers) = (select sum(delta) from pgbench_history)"
                        + " and (select count(*) from pgbench_history) > 0"))
            .isEqualTo("t");
      }
    } finally {
      Command.run("rm", "-rf", short107.toString());
    }
  }

  private static Path archive(Path storage) throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files.filter(file -> file.toString().endsWith(".tar")).findFirst().orElseThrow();
    }
  }

  /**
   * When the first snapshot was made, as the index has it: the kernel's clock, which may be some
   * milliseconds behind.
   */
  private static Instant snapshotTime(Path storage) throws IOException {
    try (BufferedReader index =
        new BufferedReader(
            new InputStreamReader(
                new ZstdInputStream(Files.newInputStream(Path.of(archive(storage) + ".index"))),
                StandardCharsets.UTF_8))) {
      List<Instant> times =
          SNAPSHOT_TIME
              .matcher(index.readLine())
              .results()
              .map(time -> Instant.parse(time.group(1)))
              .toList();
      return times.stream().min(Instant::compareTo).orElseThrow();
    }
  }
}
