package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoreContract;
import io.plasmabackup.store.Upload.Verification;
import io.plasmabackup.testing.SshdServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract on a server that also runs programs. */
class SshStoreTest extends StoreContract {

  private static SshdServer server;
  private Path directory;

  @BeforeAll
  static void startServer() {
    server = SshdServer.start();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void makeDirectory() throws Exception {
    directory = Files.createTempDirectory(server.storage(), "test-");
  }

  @Override
  protected Path directory() {
    return directory;
  }

  @Override
  protected Store open() throws Exception {
    return SshTests.open(server, directory);
  }

  @Override
  protected Verification verification() {
    return Verification.CONTENT;
  }

  @Test
  void runsPrograms() throws Exception {
    try (Store store = open()) {
      CommandResult result = store.run("printf", List.of("%s|", "a b", "$(id)", "'")).orElseThrow();
      assertThat(result.exitStatus()).isZero();
      assertThat(result.output()).isEqualTo("a b|$(id)|'|");
      assertThat(store.run("false", List.of()).map(CommandResult::exitStatus)).hasValue(1);
      assertThat(store.run("no-such-program", List.of())).isEmpty();
    }
  }

  @Test
  void boundsWhatAProgramSays() throws Exception {
    try (Store store = open()) {
      Optional<CommandResult> result = store.run("head", List.of("-c", "1000000", "/dev/zero"));
      assertThat(result.orElseThrow().output()).hasSize(64 * 1024);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "with space",
        "it's",
        "a\"b",
        "$(touch x)",
        "`x`",
        "-rf",
        "a\nb",
        "a\\b",
        "*",
        "ü"
      })
  void storesInFoldersWhoseNamesAreHostileToShells(String name) throws Exception {
    directory = Files.createDirectory(directory.resolve(name));
    publishesWhatWasWrittenHere();
  }

  private void publishesWhatWasWrittenHere() throws Exception {
    byte[] content = random(10_000);
    try (Store store = open();
        var upload = store.begin("archive.tar")) {
      upload.write(content, 0, content.length);
      assertThat(upload.publish(sha256(content))).isEqualTo(Verification.CONTENT);
      assertThat(store.location()).doesNotContain("\n");
    }
    assertThat(directory.resolve("archive.tar")).hasBinaryContent(content);
  }
}
