package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoreContract;
import io.plasmabackup.store.Upload.Verification;
import io.plasmabackup.testing.SshdServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract on a chrooted account that may do nothing but SFTP. */
class SftpOnlyStoreTest extends StoreContract {

  private static SshdServer server;
  private Path directory;

  @BeforeAll
  static void startServer() {
    server = SshdServer.startSftpOnly();
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
    return Verification.SAMPLES;
  }

  @Test
  void runsNothing() throws Exception {
    try (Store store = open()) {
      assertThat(store.run("true", List.of())).isEmpty();
    }
  }

  @Test
  void seesTheChroot() throws Exception {
    try (Store store = open()) {
      assertThat(store.folder()).isEqualTo("/storage/" + directory.getFileName());
    }
  }
}
