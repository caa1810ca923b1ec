package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.restore.Verified;
import io.plasmabackup.restore.Verifier;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.time.ZoneOffset;
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

/**
 * {@code plasma-restore verify}, of archives that the agent has made, and of what became of them.
 */
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class VerifyArchivesTest {

  @TempDir private Path home;
  private Path storage = Path.of("");
  private Path folder = Path.of("");
  private final Random random = new Random(11);

  @BeforeEach
  void makeFolders() throws IOException {
    storage = Files.createDirectory(home.resolve("storage"));
    folder = Files.createDirectory(home.resolve("folder"));
    Files.writeString(folder.resolve("file"), "content");
    Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
    byte[] bytes = new byte[5000];
    random.nextBytes(bytes);
    Files.write(folder.resolve("random"), bytes);
  }

  private AgentSetup agent(String compression) {
    return new AgentSetup(home)
        .strategy("tar")
        .folders(folder)
        .with("compression", compression)
        .to(storage);
  }

  private Path backUp(String compression) throws IOException {
    assertThat(agent(compression).run().status()).isZero();
    return newest();
  }

  private Path newest() throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files
          .filter(file -> file.toString().matches(".*\\.tar(\\.zst)?"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static Path index(Path archive) {
    return Path.of(archive + ".index");
  }

  private Run verify(String... arguments) {
    return Commands.run(
        new PlasmaRestore(),
        Stream.concat(Stream.of("verify", "--from", storage.toString()), Stream.of(arguments))
            .toArray(String[]::new));
  }

  private boolean isRight(Path archive) throws Failure {
    try (Store store = LocalStore.open(storage)) {
      Verified verified = new Verifier(store, archive.getFileName().toString()).full();
      return verified.extent() == Verified.Extent.ALL;
    } catch (Failure e) {
      assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(ExitCode.DAMAGED);
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void saysThatAllIsRight(String compression) throws Exception {
    Path archive = backUp(compression);
    String name = archive.getFileName().toString();

    Run full = verify("latest");
    Run quick = verify("--quick", name);
    Run all = verify("--all");

    assertThat(full.err()).isEmpty();
    assertThat(full.out()).matches(name + ": all of [\\d.]+ KiB and 4 members are right\n");
    assertThat(quick.err()).isEmpty();
    assertThat(quick.out()).matches(name + ": size and samples are right, [\\d.]+ KiB of it\n");
    assertThat(all).isEqualTo(full);
  }

  @Test
  void findsTheIndexOfAnotherArchive() throws Exception {
    Path first = backUp("\"none\"");
    byte[] index = Files.readAllBytes(index(first));
    Path kept = Files.move(first, home.resolve("kept"));
    Files.delete(index(first));
    // The same name, and the same size.
    Files.writeString(folder.resolve("file"), "CONTENT");
    Path second = backUp("\"none\"");
    assertThat(isRight(second)).isTrue();
    Files.write(index(second), index);
    assertThat(isRight(second)).isFalse();

    Files.move(kept, second, StandardCopyOption.REPLACE_EXISTING);
    assertThat(isRight(second)).isEqualTo(first.equals(second));
  }

  @Test
  void remembersForTheListWhatItFound() throws Exception {
    Path archive = backUp("\"zstd\"");
    String name = archive.getFileName().toString();
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    assertThat(listed()).containsPattern(name + " .* complete +none;");

    assertThat(verify("--quick", "latest").status()).isZero();
    assertThat(listed()).containsPattern(name + ".* complete +" + today + " \\(samples\\) +none;");
    assertThat(verify("latest").status()).isZero();
    assertThat(listed()).containsPattern(name + ".* complete +" + today + " +none;");
    assertThat(verify("--quick", "latest").status()).isZero();
    assertThat(listed()).containsPattern(name + ".* complete +" + today + " +none;");

    FileTime modified = Files.getLastModifiedTime(archive);
    flip(archive, 600);
    // Times are compared by the second.
    Files.setLastModifiedTime(archive, FileTime.from(modified.toInstant().plusSeconds(2)));
    assertThat(listed()).as("it has changed").containsPattern(name + " .* complete +none;");
    Files.setLastModifiedTime(archive, modified);
    Run damaged = verify("--json", "latest");

    assertThat(damaged.status()).isEqualTo(16);
    assertThat(Files.readString(storage.resolve(name + ".verified"))).isEqualTo(damaged.out());
    assertThat(damaged.out()).contains("\"extent\":\"all\",\"result\":\"damaged\",\"reason\":\"");
    assertThat(listed()).containsPattern(name + ".* damaged +" + today + " +none;");
    assertThat(
            Commands.run(new PlasmaRestore(), "list", "--json", "--from", storage.toString()).out())
        .contains(
            "\"state\":\"damaged\"", "\"verified\":" + damaged.out().strip() + ",\"rebuilt\"");

    flip(archive, 600);
    Files.setLastModifiedTime(archive, modified);
    assertThat(verify("--quick", "latest").err()).contains("was found to be damaged before");
    assertThat(listed()).containsPattern(name + ".* damaged +" + today);
    assertThat(verify("latest").err()).isEmpty();
    assertThat(listed()).containsPattern(name + ".* complete +" + today + " +none;");
    assertThat(storage.resolve("." + name + ".verified.part")).doesNotExist();
  }

  private String listed() {
    return Commands.run(new PlasmaRestore(), "list", "--from", storage.toString()).out();
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void whatIsRememberedOfAnotherArchiveCountsForNothing() throws Exception {
    Path archive = backUp("\"none\"");
    String name = archive.getFileName().toString();
    Path record = storage.resolve(name + ".verified");
    assertThat(verify("latest").status()).isZero();
    String good = Files.readString(record);
    for (String bad :
        List.of(
            "",
            "null",
            "[]",
            "x".repeat(100_000),
            good + good,
            good.replace("\"version\":1", "\"version\":2"),
            good.replace(name, "20200102-0304-daily.tar"),
            good.replaceAll("\"archiveSize\":\\d+", "\"archiveSize\":3"),
            good.replaceAll("\"modified\":\"\\d", "\"modified\":\"1"),
            good.replaceAll("\"sha256\":\"....", "\"sha256\":\"0000"),
            good.replace("\"sha256\"", "\"other\""),
            good.replace("\"right\"", "\"damaged\""),
            good.replace("\"all\"", "\"more\""))) {
      Files.writeString(record, bad);
      assertThat(listed()).as(bad).containsPattern(name + " .* complete +none;");
    }
    Files.delete(record);
    Files.createSymbolicLink(record, Files.writeString(home.resolve("elsewhere"), good));
    assertThat(listed()).containsPattern(name + " .* complete +none;");

    assertThat(verify("latest").err()).isEmpty();

    assertThat(Files.isSymbolicLink(record)).isFalse();
    assertThat(home.resolve("elsewhere")).hasContent(good);
    assertThat(listed()).containsPattern(name + " .* complete +2");
  }

  @Test
  void aRecordThatCannotBeWrittenIsNotedOnce() throws Exception {
    Path archive = backUp("\"none\"");
    Path other = storage.resolve("20200102-0304-daily.tar");
    Command.run("tar", "-cf", other.toString(), "-C", home.toString(), "folder");
    Files.createDirectory(storage.resolve(archive.getFileName() + ".verified"));
    Files.createDirectory(storage.resolve(other.getFileName() + ".verified"));

    Run run = verify("--all");

    assertThat(run.status()).isZero();
    assertThat(run.out()).hasLineCount(2);
    assertThat(run.err())
        .hasLineCount(1)
        .startsWith(
            "plasma-restore: warning: not remembered for plasma-restore list: cannot write ");
  }

  @Test
  void goesOnWithTheOthersWhenOneIsDamaged() throws Exception {
    Path archive = backUp("\"zstd\"");
    Path old = storage.resolve("20200102-0304-daily.tar");
    Command.run("tar", "-cf", old.toString(), "-C", home.toString(), "folder");
    Path damaged = storage.resolve("20200103-0304-daily.tar");
    Files.write(damaged, new byte[] {1, 2, 3});

    Run run = verify("--all");

    assertThat(run.status()).isEqualTo(16);
    assertThat(run.err())
        .matches("plasma-restore: " + damaged + " is damaged: .*; rely on another archive.*\n");
    assertThat(run.out().lines())
        .hasSize(2)
        .first()
        .asString()
        .matches(".*: a tar of 4 members, [\\d.]+ KiB; there is no index to compare it with");
    assertThat(run.out()).contains(archive.getFileName() + ": all of ");
  }

  @Test
  void verifiesOverSsh() throws Exception {
    try (SshdServer server = SshdServer.start()) {
      AgentSetup agent = agent("\"zstd\"").to(server);
      byte[] large = new byte[20 << 20];
      random.nextBytes(large);
      Files.write(folder.resolve("large"), large);
      assertThat(agent.run().status()).isZero();

      Run run =
          Commands.run(
              new PlasmaRestore(), "verify", "latest", "--config", agent.file().toString());

      assertThat(run.err()).isEmpty();
      assertThat(run.out()).contains(": all of 20.0 MiB and 5 members are right");
    }
  }

  /** A server that has this as plasma-restore on its PATH for SSH commands. */
  private SshdServer serverWith(String script) throws IOException {
    Path bin = Files.createDirectory(home.resolve("bin"));
    Path program = Files.writeString(bin.resolve("plasma-restore"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return SshdServer.start("SetEnv PATH=" + bin + ":/usr/bin:/bin");
  }

  private static Run verifyOn(AgentSetup agent, String... arguments) throws IOException {
    return Commands.run(
        new PlasmaRestore(),
        Stream.concat(
                Stream.of("verify", "latest", "--config", agent.file().toString()),
                Stream.of(arguments))
            .toArray(String[]::new));
  }

  @Test
  void aServerWithPlasmaRestoreVerifiesItself() throws Exception {
    Path called = home.resolve("called");
    try (SshdServer server =
        serverWith(
            "echo \"$@\" >>%s; exec '%s/bin/java' -cp '%s' io.plasmabackup.cli.PlasmaRestore \"$@\""
                .formatted(
                    called,
                    System.getProperty("java.home"),
                    System.getProperty("java.class.path")))) {
      AgentSetup agent = agent("\"zstd\"").to(server);
      assertThat(agent.run().status()).isZero();
      storage = server.storage();
      Path archive = newest();
      Path record = Path.of(archive + ".verified");

      Run right = verifyOn(agent);
      assertThat(right.err()).isEmpty();
      assertThat(right.out())
          .endsWith(
              ": all of 8.6 KiB and 4 members are right (verified on the server)\n"
                  .replace("8.6 KiB", Sizes.rounded(Files.size(archive))));
      assertThat(record).isRegularFile();
      assertThat(Files.readString(called))
          .isEqualTo("verify --json --from %s -- %s\n".formatted(storage, archive.getFileName()));

      Files.delete(record);
      assertThat(verifyOn(agent, "--read").out()).endsWith("4 members are right\n");
      assertThat(called).hasContent(Files.readString(called).lines().findFirst().orElse(""));
      assertThat(record).isRegularFile();

      flip(archive, 600);
      Run damaged = verifyOn(agent, "--quick");
      assertThat(damaged.status()).isEqualTo(16);
      assertThat(damaged.out()).isEmpty();
      assertThat(damaged.err()).hasLineCount(1).contains(archive + " is damaged: segment 0, ");
      assertThat(Files.readString(record)).contains("\"samples\",\"result\":\"damaged\"");
    }
  }

  /** Each tells of an archive that is damaged that all is right; or nothing that makes sense. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo unknown option >&2; exit 2",
        "exit 0",
        "head -c 100000 /dev/zero",
        "echo '{}'",
        "cat RECORD; exit 16",
        "cat RECORD RECORD",
        "sed s/all/samples/ RECORD",
        "sed 's/\"archiveSize\":[0-9]*/\"archiveSize\":7/' RECORD",
        "sed 's/\"sha256\":\"..../\"sha256\":\"0000/' RECORD",
        "sed 's/\"version\":1/\"version\":2/' RECORD",
        "kill -9 $$",
      })
  void aServersWordIsNotTakenForMoreThanWasAsked(String script) throws Exception {
    Path record = home.resolve("record");
    try (SshdServer server = serverWith(script.replace("RECORD", record.toString()))) {
      AgentSetup agent = agent("\"none\"").to(server);
      assertThat(agent.run().status()).isZero();
      storage = server.storage();
      Path archive = newest();
      assertThat(verifyOn(agent, "--read").status()).isZero();
      Files.move(Path.of(archive + ".verified"), record);
      FileTime modified = Files.getLastModifiedTime(archive);
      flip(archive, 600);
      Files.setLastModifiedTime(archive, modified);

      Run run = verifyOn(agent);

      assertThat(run.status()).isEqualTo(16);
      assertThat(run.out()).isEmpty();
      assertThat(run.err().lines().toList())
          .hasSize(2)
          .anyMatch(line ->
              line.contains("warning: plasma-restore on ")
                  && line.contains(
                      " did not verify, so it is read from here: it ended with status "))
          .anyMatch(line -> line.contains(" is damaged: "));
    }
  }

  @Test
  void isToldWhatToVerify() {
    assertThat(verify().status()).isEqualTo(2);
    assertThat(verify("--all", "latest").status()).isEqualTo(2);
    assertThat(verify("latest").status()).isEqualTo(17);
    assertThat(verify("--all").status()).isZero();
  }
}
