package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the agent does on any filesystem: strategies tar and noop, hooks, tempfile, rotation, and
 * the example.
 */
class AgentTest {

  private static final String POLICY =
      "{\"policy\": {\"daily\": 2, \"weekly\": 2, \"monthly\": 2}}";

  /**
   * All years that these archives can be from are past: what is dated in the future doesn't count.
   */
  private static final List<String> OLD =
      List.of(
          "20240105-0000-daily.tar",
          "20240106-0000-daily.tar",
          "20240106-0000-daily.tar.index",
          "20240107-0000-daily.tar",
          "20240108-0000-weekly.tar",
          "20240201-0000-monthly.tar");

  @TempDir Path temp;
  private AgentSetup agent;
  private Path folder;
  private Path storage;

  @BeforeEach
  void setUp() throws IOException {
    folder = Files.createDirectories(temp.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
    storage = Files.createDirectory(temp.resolve("storage"));
    agent = new AgentSetup(temp).strategy("tar").folders(folder).to(storage);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static String members(Path folder) throws IOException {
    List<String> archives =
        names(folder).stream().filter(name -> name.matches(".*\\.tar(\\.zst)?")).toList();
    assertThat(archives).hasSize(1);
    return Command.run("tar", "-tf", folder.resolve(archives.getFirst()).toString());
  }

  @Test
  void theExampleWorksAsItStands() throws Exception {
    try (SshdServer server = SshdServer.start()) {
      String example = Files.readString(repository().resolve("docs/plasma-agent.conf"));
      // Only what is this machine's: the server's port, its login, and where its storage is.
      String adapted =
          example
              .replace(
                  "\"host\": \"127.0.0.1\"",
                  "\"host\": \"127.0.0.1\", \"port\": "
                      + server.port()
                      + ", \"identityFile\": "
                      + AgentSetup.string(server.clientKey("ed25519").toString())
                      + ", \"knownHostsFile\": "
                      + AgentSetup.string(server.knownHosts().toString()))
              .replace(
                  "\"login\": \"plasma\"", "\"login\": " + AgentSetup.string(SshdServer.user()))
              .replace("/data/backup", server.storage().toString())
              .replace("/tmp/backup.tar", temp.resolve("backup.tar").toString());
      Path file = Files.writeString(temp.resolve("plasma-agent.conf"), adapted);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

      Run run = Commands.run(new PlasmaAgent(), "--config", file.toString());

      assertThat(run.errors()).isEmpty();
      assertThat(run.status()).isZero();
      List<String> listed = members(server.storage()).lines().toList();
      assertThat(listed).contains("etc/", "etc/passwd");
      if (Files.isSymbolicLink(Path.of("/bin"))) {
        assertThat(listed).contains("bin").noneMatch(name -> name.startsWith("bin/"));
        assertThat(run.err())
            .contains("/bin is a symbolic link", "/usr/bin behind it is not in the backup");
      }
      assertThat(temp.resolve("backup.tar")).doesNotExist();
      assertThat(temp.resolve("backup.tar.index")).doesNotExist();
    }
  }

  /** The folder that this module is in. */
  private static Path repository() {
    return Path.of("..").toAbsolutePath().normalize();
  }

  @Test
  void noopStoresAnEmptyArchive() throws Exception {
    Run run = agent.strategy("noop").folders(Path.of("/does/not/exist")).run();
    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(members(storage)).isEmpty();
  }

  @Test
  void hooksAreToldTheFacts() throws Exception {
    Path before = temp.resolve("before");
    Path after = temp.resolve("after");
    Run run =
        agent
            .before("env > " + before)
            .after("env > " + after, "false", "true", "kill -9 $$")
            .run();

    assertThat(run.status()).isEqualTo(ExitCode.AFTER_HOOK.number());
    assertThat(run.errors())
        .hasSize(2)
        .first()
        .asString()
        .contains("command 2 of \"executeAfter\" ended with status 1", "the backup is stored");
    assertThat(Files.readAllLines(before))
        .contains("PLASMA_STRATEGY=tar", "PLASMA_STORAGE=" + storage)
        .noneMatch(line -> line.startsWith("PLASMA_ARCHIVE"));
    String archive = names(storage).getFirst();
    assertThat(Files.readAllLines(after))
        .contains(
            "PLASMA_ARCHIVE=" + archive,
            "PLASMA_BYTES=" + Files.size(storage.resolve(archive)),
            "PLASMA_RESULT=ok",
            "PLASMA_STRATEGY=tar");
  }

  @Test
  void anArchiveNeverHoldsItsOwnStore() throws Exception {
    Path inside = Files.createDirectory(folder.resolve("store"));
    Path tempfile = folder.resolve("backup.tar");
    agent.to(inside).with("tempfile", AgentSetup.string(tempfile.toString()));
    for (int i = 0; i < 2; i++) {
      Run run = agent.run();
      assertThat(run.errors()).isEmpty();
      assertThat(run.status()).isZero();
      assertThat(run.err()).contains(inside + " is where the archives are stored");
    }
    for (String archive : names(inside).stream().filter(name -> name.endsWith(".tar")).toList()) {
      assertThat(Command.run("tar", "-tf", inside.resolve(archive).toString()).lines())
          .containsExactly(
              folder.toString().substring(1) + "/", folder.toString().substring(1) + "/file");
    }

    Run refused = agent.folders(inside).run();
    assertThat(refused.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(refused.err()).contains(inside + " is where the archives are stored");
  }

  @Test
  void aTempfileIsUsedAndRemoved() throws Exception {
    Path tempfile = temp.resolve("backup.tar");
    Run run = agent.with("tempfile", AgentSetup.string(tempfile.toString())).run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(members(storage).lines()).contains(folder.toString().substring(1) + "/file");
    assertThat(tempfile).doesNotExist();
  }

  @Test
  void theFolderIsRotatedAfterwards() throws Exception {
    Files.writeString(storage.resolve("plasma-rotate.json"), POLICY);
    createOld(storage);
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertRotated(storage);
    assertThat(run.out()).contains("rotated away 20240105-0000-daily.tar");
  }

  private static void createOld(Path storage) throws IOException {
    for (String name : OLD) {
      Files.writeString(storage.resolve(name), name);
    }
  }

  /** Two of each label, the new one among them, which may be of any label. */
  private static void assertRotated(Path storage) throws IOException {
    List<String> archives = names(storage).stream().filter(name -> name.endsWith(".tar")).toList();
    for (String label : List.of("daily", "weekly", "monthly")) {
      assertThat(archives.stream().filter(name -> name.contains(label)).count()).isBetween(1L, 2L);
    }
    assertThat(names(storage))
        .doesNotContain("20240105-0000-daily.tar")
        .contains("20240107-0000-daily.tar");
    assertThat(archives.getLast()).isGreaterThan("2026");
  }

  @Test
  void anSftpOnlyServerIsRotatedByTheAgent() throws Exception {
    Requires.root();
    try (SshdServer server = SshdServer.startSftpOnly()) {
      Files.writeString(server.storage().resolve("plasma-rotate.json"), POLICY);
      createOld(server.storage());
      Run run = agent.to(server).run();
      assertThat(run.err()).isEmpty();
      assertThat(run.status()).isZero();
      assertRotated(server.storage());
    }
  }

  @Test
  void aServerWithPlasmaRotateRotatesItself() throws Exception {
    Path bin = Files.createDirectory(temp.resolve("bin"));
    Path command =
        Files.writeString(
            bin.resolve("plasma-rotate"),
            """
            #!/bin/sh
            echo "rotating $1 here"
            exec '%s/bin/java' -cp '%s' io.plasmabackup.cli.PlasmaRotate "$@"
            """
                .formatted(System.getProperty("java.home"), System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (SshdServer server = SshdServer.start("SetEnv PATH=" + bin + ":/usr/bin:/bin")) {
      Files.writeString(server.storage().resolve("plasma-rotate.json"), POLICY);
      createOld(server.storage());
      Run run = agent.to(server).run();
      assertThat(run.errors()).isEmpty();
      assertThat(run.status()).isZero();
      assertThat(run.out()).contains("rotating " + server.storage() + " here");
      assertRotated(server.storage());

      Files.writeString(
          server.storage().resolve("plasma-rotate.json"),
          "{\"policy\": {\"daily\": 0, \"weekly\": 0, \"monthly\": 0}}");
      Run greedy = agent.run();
      assertThat(greedy.status()).isEqualTo(ExitCode.ROTATION.number());
      assertThat(greedy.errors()).hasSize(1);
      assertThat(greedy.err()).contains("which was just stored");

      Files.writeString(server.storage().resolve("plasma-rotate.json"), "{\"policy\": {}}");
      List<String> before = names(server.storage());
      Run failing = agent.run();
      assertThat(failing.status()).isEqualTo(ExitCode.ROTATION.number());
      assertThat(failing.errors()).hasSize(1);
      assertThat(failing.err()).contains("plasma-rotate.json", "the backup is stored all the same");
      assertThat(names(server.storage())).containsAll(before).hasSize(before.size() + 2);
    }
  }

  @Test
  void afterAFailedRotationTheBackupStays() throws Exception {
    Files.writeString(storage.resolve("plasma-rotate.json"), "{\"policy\": {\"daily\": -1}}");
    createOld(storage);
    Path after = temp.resolve("after");
    Run run = agent.after("echo $PLASMA_RESULT > " + after).run();
    assertThat(run.status()).isEqualTo(ExitCode.ROTATION.number());
    assertThat(run.errors()).hasSize(1).first().asString().contains("plasma-rotate.json");
    assertThat(names(storage)).containsAll(OLD).hasSize(OLD.size() + 3);
    assertThat(Files.readString(after)).isEqualTo("rotation\n");
  }

  @Test
  void withoutAPolicyNothingIsRotated() throws Exception {
    createOld(storage);
    Run run = agent.run();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("no plasma-rotate.json in " + storage + ": nothing is rotated");
    assertThat(names(storage)).containsAll(OLD).hasSize(OLD.size() + 2);
  }

  @Test
  void liveFilesThatChangeAreSaidSo() throws Exception {
    List<Path> growing = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      growing.add(Files.write(folder.resolve("growing" + i), new byte[10 << 20]));
    }
    AtomicBoolean stop = new AtomicBoolean();
    // Reading 10 MiB takes thousands of times as long as a byte for each of the files.
    Thread writer =
        new Thread(() -> {
          List<FileChannel> channels = new ArrayList<>();
          try {
            for (Path file : growing) {
              channels.add(FileChannel.open(file, StandardOpenOption.APPEND));
            }
            while (!stop.get()) {
              for (FileChannel channel : channels) {
                channel.write(ByteBuffer.wrap(new byte[1]));
              }
            }
            for (FileChannel channel : channels) {
              channel.close();
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    writer.start();
    Run run;
    try {
      run = agent.run();
    } finally {
      stop.set(true);
      writer.join();
    }
    assertThat(run.status()).isEqualTo(ExitCode.CHANGED_WHILE_READ.number());
    assertThat(run.err())
        .contains("plasma-agent: warning: " + folder + "/growing", " changed while it was read");
    assertThat(members(storage).lines())
        .containsAll(growing.stream().map(file -> file.toString().substring(1)).toList());
  }

  @Test
  void pseudoFilesystemsAndSocketsAreLeftOutAndListed() throws Exception {
    Requires.root();
    Path mountPoint = Files.createDirectory(folder.resolve("mounted"));
    Command.run("mount", "-t", "tmpfs", "tmpfs", mountPoint.toString());
    try {
      Files.writeString(mountPoint.resolve("not me"), "");
      Run run = agent.run();
      assertThat(run.status()).isZero();
      assertThat(run.out()).contains("left out: " + mountPoint + ": ", "tmpfs");
      assertThat(members(storage).lines())
          .contains(mountPoint.toString().substring(1) + "/")
          .noneMatch(name -> name.endsWith("not me"));
    } finally {
      Command.run("umount", mountPoint.toString());
    }
  }
}
