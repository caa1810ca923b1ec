package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.rotate.Folder;
import io.plasmabackup.rotate.RotationReport.Deletion;
import io.plasmabackup.rotate.Rotator;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.SshdServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real backup to a real server, on which the folder is rotated meanwhile, again and again. */
class RotationDuringBackupTest {

  private static final String ABANDONED = ".20200229-0000-daily.tar.part";
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir private Path temp;

  @Test
  @Timeout(300)
  void whatIsBeingUploadedStaysAndWhatIsAbandonedGoes() throws Exception {
    Path data = Files.createDirectory(temp.resolve("data"));
    byte[] content = new byte[64 << 20];
    new Random(1).nextBytes(content);
    for (int i = 0; i < 4; i++) {
      Files.write(data.resolve("file-" + i), content);
    }
    try (SshdServer server = SshdServer.start();
        Store store = LocalStore.open(server.storage())) {
      Folder folder =
          new Folder(server.storage())
              .policy(1, 1, 1)
              .with(ABANDONED)
              .modified(ABANDONED, Instant.now().minus(YEAR));
      Path configuration = new AgentSetup(temp).strategy("tar").folders(data).to(server).file();
      Path errors = temp.resolve("errors");
      Process agent =
          Commands.agent(configuration)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(errors.toFile())
              .start();
      List<String> deleted = new ArrayList<>();
      int whileUploading = 0;
      try {
        // By this clock, which is wrong, the partial file is old at once.
        Rotator rotator = new Rotator(Clock.offset(Clock.systemUTC(), YEAR));
        while (agent.isAlive()) {
          boolean before = isUploading(folder);
          rotator.rotate(store).deleted().stream().map(Deletion::fileName).forEach(deleted::add);
          whileUploading += before && isUploading(folder) ? 1 : 0;
        }
      } finally {
        agent.destroyForcibly();
      }

      assertThat(agent.waitFor()).as(Files.readString(errors)).isZero();
      assertThat(whileUploading).isPositive();
      assertThat(deleted).containsExactly(ABANDONED);
      assertThat(folder.names()).hasSize(2);
      String archive = folder.names().first();
      assertThat(archive + ".index").isEqualTo(folder.names().last());
      Command.run(
          "tar",
          "-df",
          server.storage().resolve(archive).toString(),
          "-C",
          "/",
          data.toString().substring(1));
    }
  }

  private static boolean isUploading(Folder folder) {
    return folder.names().stream()
        .anyMatch(name -> name.endsWith(".part") && !name.equals(ABANDONED));
  }
}
