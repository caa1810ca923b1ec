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
import java.util.Arrays;
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

  @ParameterizedTest
  @ValueSource(strings = {"\"none\"", "\"zstd\""})
  void findsEveryFlippedBitOfAnArchive(String compression) throws Exception {
    Path archive = backUp(compression);
    byte[] good = Files.readAllBytes(archive);
    assertThat(isRight(archive)).isTrue();
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(archive, bad);
      assertThat(isRight(archive)).as("byte %d", at).isFalse();
    }
  }

  @Test
  void findsEveryCut() throws Exception {
    Path archive = backUp("\"none\"");
    byte[] good = Files.readAllBytes(archive);
    for (int length = 0; length < good.length; length += 97) {
      Files.write(archive, Arrays.copyOf(good, length));
      assertThat(isRight(archive)).as("%d bytes", length).isFalse();
    }
    Files.write(archive, Arrays.copyOf(good, good.length + 1));
    assertThat(isRight(archive)).isFalse();
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

  @Test
  void isToldWhatToVerify() {
    assertThat(verify().status()).isEqualTo(2);
    assertThat(verify("--all", "latest").status()).isEqualTo(2);
    assertThat(verify("latest").status()).isEqualTo(17);
    assertThat(verify("--all").status()).isZero();
  }
}
