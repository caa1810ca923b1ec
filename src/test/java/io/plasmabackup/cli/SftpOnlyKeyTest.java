package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/threat-model.md says of accounts that may do nothing but OpenSSH's own SFTP. */
class SftpOnlyKeyTest {

  private static final String ARCHIVE = "20260511-0200-weekly.tar";

  @TempDir private Path temp;

  private Command.Result sftp(SshdServer server, String... lines) throws IOException {
    Path batch = Files.write(temp.resolve("batch"), List.of(lines));
    return Command.attempt(
        "sftp",
        "-b",
        batch.toString(),
        "-F",
        "none",
        "-i",
        server.clientKey("ed25519").toString(),
        "-o",
        "BatchMode=yes",
        "-o",
        "UserKnownHostsFile=" + server.knownHosts(),
        "-P",
        Integer.toString(server.port()),
        SshdServer.user() + "@" + server.host());
  }

  @Test
  void itDeletesWhatItHasStored() throws Exception {
    try (SshdServer server = SshdServer.startSftpOnly()) {
      Path archive = Files.writeString(server.storage().resolve(ARCHIVE), "good");
      assertThat(sftp(server, "rm /storage/" + ARCHIVE).status()).isZero();
      assertThat(archive).doesNotExist();
    }
  }

  /** sshd can refuse requests by their names, but not the truncating of what is opened. */
  @Test
  void withRequestsRefusedItStillOverwrites() throws Exception {
    Path evil = Files.writeString(temp.resolve("evil"), "evil");
    try (SshdServer server =
        SshdServer.startSftpOnly(
            "ForceCommand internal-sftp -P remove,rmdir,setstat,fsetstat,posix-rename,hardlink,symlink")) {
      Path archive = Files.writeString(server.storage().resolve(ARCHIVE), "good");
      assertThat(sftp(server, "rm /storage/" + ARCHIVE).status()).isNotZero();
      assertThat(archive).hasContent("good");
      sftp(server, "put " + evil + " /storage/" + ARCHIVE);
      assertThat(archive).hasContent("evil");
    }
  }

  /** As a cron job of root's can have it on btrfs, ext4 and xfs. */
  @Test
  void whatIsImmutableStays() throws Exception {
    Path evil = Files.writeString(temp.resolve("evil"), "evil");
    try (SshdServer server = SshdServer.startSftpOnly()) {
      Path archive = Files.writeString(server.storage().resolve(ARCHIVE), "good");
      Command.run("chattr", "+i", archive.toString());
      try {
        assertThat(sftp(server, "rm /storage/" + ARCHIVE).status()).isNotZero();
        assertThat(sftp(server, "put " + evil + " /storage/" + ARCHIVE).status()).isNotZero();
        assertThat(archive).hasContent("good");
      } finally {
        Command.run("chattr", "-i", archive.toString());
      }
    }
  }
}
