package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.testing.Refusals;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.util.List;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.sftp.client.SftpClient.DirEntry;
import org.apache.sshd.sftp.client.impl.SftpResponse;
import org.apache.sshd.sftp.common.SftpConstants;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Listings and other replies of a server that lies or is out of its mind. */
class SftpReplyFuzzTest {

  private static @Nullable SshdServer server;
  private static @Nullable SshConnection connection;
  private static @Nullable SshStore store;
  private static @Nullable Sftp sftp;

  /** The real server is there for a connection, without which there is no client. */
  @BeforeAll
  static void connect() throws Exception {
    SshdServer started = SshdServer.start();
    server = started;
    store = SshTests.open(started, started.storage());
    SshConnection opened =
        SshConnection.open(
            SshTests.target(started, started.clientKey("ed25519"), started.knownHosts()),
            SshTests.nothingAround(started.directory()));
    connection = opened;
    sftp = Sftp.open(opened.session());
  }

  @AfterAll
  static void disconnect() {
    if (connection != null) {
      connection.close();
    }
    if (store != null) {
      store.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private interface Reader {
    void read(SftpResponse reply) throws IOException;
  }

  /** The first byte is the reply's type, all else its content. */
  @FuzzTest
  void anyBytes(byte[] bytes) throws IOException {
    Sftp client = sftp;
    if (client == null || bytes.length == 0) {
      return;
    }
    read(bytes, SftpConstants.SSH_FXP_READDIR, reply -> checkListing(client, reply));
    read(bytes, SftpConstants.SSH_FXP_LSTAT, client::checkAttributesResponse);
    read(bytes, SftpConstants.SSH_FXP_REALPATH, client::checkOneNameResponse);
    read(bytes, SftpConstants.SSH_FXP_OPEN, client::checkHandleResponse);
    read(bytes, SftpConstants.SSH_FXP_REMOVE, client::checkResponseStatus);
  }

  private static void read(byte[] bytes, int command, Reader reader) throws IOException {
    Buffer packet = new ByteArrayBuffer();
    packet.putInt(bytes.length + Integer.BYTES);
    packet.putByte(bytes[0]);
    packet.putInt(1);
    packet.putRawBytes(bytes, 1, bytes.length - 1);
    try {
      reader.read(SftpResponse.parse(command, packet));
    } catch (IOException e) {
      SshStore shown = store;
      if (shown != null) {
        Failure failure = shown.failure("cannot list", "/backup", e);
        Refusals.check(failure, ExitCode.STORAGE);
      }
    }
  }

  private static void checkListing(Sftp client, SftpResponse reply) throws IOException {
    List<DirEntry> entries = client.checkDirResponse(reply, null);
    if (entries != null) {
      for (DirEntry entry : entries) {
        SshStore.describe(entry)
            .ifPresent(file -> {
              assertThat(FileNames.isPlain(file.name())).isTrue();
              assertThat(file.size()).isNotNegative();
              assertThat(file.modified().toString()).isNotBlank();
            });
      }
    }
  }
}
