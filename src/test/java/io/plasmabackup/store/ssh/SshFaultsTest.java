package io.plasmabackup.store.ssh;

import static io.plasmabackup.store.ssh.SshTests.assertConnectionFailure;
import static io.plasmabackup.store.ssh.SshTests.assertStorageFailure;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plasmabackup.Failure;
import io.plasmabackup.store.Upload;
import io.plasmabackup.store.Upload.Verification;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers and disks that fail, and large files. */
@Timeout(120)
class SshFaultsTest {

  private static final int MIB = 1 << 20;

  private SshdServer server;

  @BeforeEach
  void startServer() {
    server = SshdServer.start();
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  private SshStore open() throws Failure {
    return SshTests.open(server, server.storage());
  }

  private SshStore openWithStall(Duration stall) throws Failure {
    SshEnvironment nothing = SshTests.nothingAround(server.directory());
    return SshStore.open(
        SshTests.target(server, server.clientKey("ed25519"), server.knownHosts()),
        server.storage().toString(),
        new SshEnvironment(
            nothing.home(),
            nothing.user(),
            nothing.configFile(),
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(2),
            stall,
            Bandwidth.UNLIMITED),
        Connections.AUTO,
        Duration.ZERO,
        false,
        note -> {});
  }

  /** Writes until the store notices that something is wrong. */
  private static void writeOn(Upload upload) throws Failure {
    byte[] bytes = new byte[MIB];
    while (upload.position() < 100L * 1024 * MIB) {
      upload.write(bytes, 0, bytes.length);
    }
  }

  @Test
  void missingFolderIsNamedWithTheCommandThatMakesIt() {
    assertStorageFailure(
        () -> SshTests.open(server, server.storage().resolve("absent")).close(),
        SshdServer.user() + "@" + server.host() + ":" + server.port(),
        "storage/absent",
        "does not exist",
        "mkdir -p");
  }

  @Test
  void fileIsNoFolder() {
    assertStorageFailure(
        () -> SshTests.open(server, server.knownHosts()).close(), "not a directory");
  }

  @Test
  void relativeFolderIsBelowWhereSftpStarts() throws Exception {
    server.close();
    server = SshdServer.startSftpOnly();
    try (SshStore store = SshTests.open(server, "storage")) {
      assertThat(store.folder()).isEqualTo("/storage");
    }
  }

  @Test
  void folderThatMayNotBeWrittenIsNamed() throws Exception {
    assumeTrue(SshdServer.user().equals("root"), "needs root: mounts a read-only filesystem");
    mount("-t", "tmpfs", "-o", "ro,size=1m", "tmpfs");
    try (SshStore store = open()) {
      assertStorageFailure(
          () -> store.begin("archive.tar"), "storage/.archive.tar.part", "is read-only");
    } finally {
      unmount();
    }
  }

  @Test
  void fullDiskIsNamedAndNothingIsLeft() throws Exception {
    assumeTrue(SshdServer.user().equals("root"), "needs root: mounts a small filesystem");
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs");
    try (SshStore store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        assertStorageFailure(
            () -> writeOn(upload), "cannot write at byte", "the disk is full", "bytes free");
      }
      assertThat(server.storage()).isEmptyDirectory();
    } finally {
      unmount();
    }
  }

  @Test
  void whatIsPublishedIsThereAfterAPowerCutOfTheServer() throws Exception {
    try (LoopbackBtrfs disk = LoopbackBtrfs.create()) {
      byte[] content = "whole".getBytes(UTF_8);
      try (SshStore store = SshTests.open(server, disk.root())) {
        try (Upload upload = store.begin("archive.tar")) {
          upload.write(content, 0, content.length);
          upload.publish(MessageDigest.getInstance("SHA-256").digest(content));
        }
      }
      disk.cutPower();
      assertThat(disk.root().resolve("archive.tar")).hasBinaryContent(content);
      assertThat(disk.root().resolve(".archive.tar.part")).doesNotExist();
    }
  }

  @Test
  void fileSizeLimitIsSaidToBePossible() throws Exception {
    Path sftpServer = Path.of("/usr/lib/openssh/sftp-server");
    assumeTrue(Files.isExecutable(sftpServer), "needs " + sftpServer);
    Path limited = Files.createTempFile("limited", ".sh");
    Files.writeString(
        limited, "#!/bin/sh\nulimit -f 2048\ntrap '' XFSZ\nexec " + sftpServer + "\n");
    Files.setPosixFilePermissions(limited, PosixFilePermissions.fromString("rwx------"));
    server.close();
    server = SshdServer.start("Subsystem sftp " + limited);
    try (SshStore store = open();
        Upload upload = store.begin("archive.tar")) {
      assertStorageFailure(() -> writeOn(upload), "quota or a limit");
    } finally {
      Files.delete(limited);
    }
    assertThat(server.storage()).isEmptyDirectory();
  }

  @Test
  void serverWithoutSftpIsNamed() {
    server.close();
    server = SshdServer.start("Subsystem none /bin/false");
    assertConnectionFailure(() -> open().close(), "offers no SFTP", "Subsystem sftp");
  }

  @Test
  void sftpThatEndsAtOnceIsNamed() {
    server.close();
    server = SshdServer.start("Subsystem sftp /bin/false");
    assertConnectionFailure(() -> open().close(), "offers no SFTP");
  }

  @Test
  void connectionKilledInTheMiddleFailsAndLeavesNothing() throws Exception {
    try (SshStore store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        byte[] bytes = new byte[MIB];
        for (int i = 0; i < 20; i++) {
          upload.write(bytes, 0, bytes.length);
        }
        server.killConnections();
        assertStorageFailure(
            () -> writeOn(upload), "storage/.archive.tar.part", "connection was lost");
      }
      assertThat(server.storage()).isEmptyDirectory();
      assertThat(store.list()).isEmpty(); // By the connection that was made to clean up.
    }
  }

  @Test
  void connectionKilledBeforePublishingPublishesNothing() throws Exception {
    try (SshStore store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        upload.write(new byte[MIB], 0, MIB);
        server.killConnections();
        assertStorageFailure(() -> upload.publish(new byte[32]), "connection was lost");
      }
      assertThat(server.storage()).isEmptyDirectory();
    }
  }

  @Test
  void serverThatIsGoneForGoodIsToldWithWhatIsLeft() throws Exception {
    SshStore store = open();
    Upload upload = store.begin("archive.tar");
    server.kill();
    assertStorageFailure(() -> writeOn(upload), "connection was lost");
    assertStorageFailure(upload::close, "left behind", "storage/.archive.tar.part", "refused");
    store.close();
  }

  @Test
  void lineThatGoesDeadWhileWritingIsNoticed() throws Exception {
    try (SshStore store = openWithStall(Duration.ofSeconds(2));
        Upload upload = store.begin("archive.tar")) {
      server.freezeConnections();
      long start = System.nanoTime();
      assertStorageFailure(() -> writeOn(upload), "connection was lost");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
      server.killConnections();
    }
    assertThat(server.storage()).isEmptyDirectory();
  }

  @Test
  void lineThatGoesDeadWhileWaitingIsNoticed() throws Exception {
    try (SshStore store = openWithStall(Duration.ofSeconds(2))) {
      server.freezeConnections();
      assertStorageFailure(store::list, "connection was lost");
      server.killConnections();
    }
  }

  @Test
  void contentIsComparedAlthoughTheSizeIsRight() throws Exception {
    try (SshStore store = open();
        Upload upload = store.begin("archive.tar")) {
      upload.write(new byte[MIB], 0, MIB);
      assertThatThrownBy(() -> upload.publish(new byte[32])).hasMessageContaining("SHA-256");
    }
    assertThat(server.storage()).isEmptyDirectory();
  }

  @Test
  void accountWithoutShellIsCheckedBySamples() throws Exception {
    server.close();
    server = SshdServer.start("ForceCommand internal-sftp");
    try (SshStore store = open();
        Upload upload = store.begin("archive.tar")) {
      byte[] content = new byte[MIB];
      upload.write(content, 0, content.length);
      assertThat(upload.publish(MessageDigest.getInstance("SHA-256").digest(content)))
          .isEqualTo(Verification.SAMPLES);
    }
  }

  @Test
  void interruptedUploadLeavesNothing() throws Exception {
    try (SshStore store = open()) {
      Thread writer = Thread.currentThread();
      Upload upload = store.begin("archive.tar");
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (Files.size(server.storage().resolve(".archive.tar.part")) < 50L * MIB) {
                Thread.sleep(1);
              }
              writer.interrupt();
            } catch (IOException | InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      assertStorageFailure(() -> writeOn(upload), "interrupted");
      upload.close();
      assertThat(Thread.interrupted()).as("the interrupt is still to be seen").isTrue();
      assertThat(server.storage()).isEmptyDirectory();
    }
  }

  /**
   * In the middle of a message, after which the channel is of no use any more: well before the
   * heartbeat would notice.
   */
  @Test
  @Timeout(30)
  void uploadInterruptedWhileItWaitsForTheServerLeavesNothing() throws Exception {
    try (SshStore store = open()) {
      Thread writer = Thread.currentThread();
      Upload upload = store.begin("archive.tar");
      server.freezeConnections();
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (writer.getState() != Thread.State.TIMED_WAITING) {
                Thread.sleep(1);
              }
              writer.interrupt();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      assertStorageFailure(() -> writeOn(upload), "interrupted");
      upload.close();
      assertThat(Thread.interrupted()).as("the interrupt is still to be seen").isTrue();
      assertThat(server.storage()).isEmptyDirectory();
      assertThat(store.list()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openssl", "sha256sum", "neither"})
  void contentIsComparedByWhatIsInstalled(String program) throws Exception {
    Path programs = Files.createDirectory(server.directory().resolve("programs"));
    Path real = Path.of("/usr/bin", program);
    if (!program.equals("neither")) {
      assumeTrue(Files.isExecutable(real), "needs " + real);
      Files.createSymbolicLink(programs.resolve(program), real);
    }
    server.configure("SetEnv PATH=" + programs);
    try (SshStore store = open();
        Upload upload = store.begin("archive.tar")) {
      byte[] content = new byte[MIB];
      upload.write(content, 0, content.length);
      assertThat(upload.publish(MessageDigest.getInstance("SHA-256").digest(content)))
          .isEqualTo(program.equals("neither") ? Verification.SAMPLES : Verification.CONTENT);
    }
    assertThat(server.storage().resolve("archive.tar")).hasSize(MIB);
  }

  /** A server whose openssl notes its arguments, and does {@code first} without a file's name. */
  private Path noteDigests(String first) throws Exception {
    Path programs = Files.createDirectory(server.directory().resolve("programs"));
    Path calls = server.directory().resolve("calls");
    Path openssl = programs.resolve("openssl");
    Files.writeString(
        openssl,
        "#!/bin/sh\necho \"$@\" >>%s\n[ $# = 4 ] || { %s; }\nexec /usr/bin/openssl \"$@\"\n"
            .formatted(calls, first));
    Files.setPosixFilePermissions(openssl, PosixFilePermissions.fromString("rwx------"));
    server.configure("SetEnv PATH=" + programs + ":/usr/bin:/bin");
    return calls;
  }

  @Test
  void digestIsComputedWhileTheRestArrives() throws Exception {
    Path calls = noteDigests(":");
    uploadLarge();
    assertThat(calls).hasContent("dgst -sha256 -r");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit 1",
        "head -c 70000000 | /usr/bin/openssl dgst -sha256 -r; exit",
        "cat >/dev/null; echo nothing; exit"
      })
  void whatWasNotDigestedMeanwhileIsReadAgain(String first) throws Exception {
    Path calls = noteDigests(first);
    uploadLarge();
    String file = server.storage().resolve(".large.tar.part").toString();
    assertThat(calls).hasContent("dgst -sha256 -r\ndgst -sha256 -r " + file);
  }

  @Test
  void largeFileArrivesWholeThroughKeyExchanges() throws Exception {
    server.close();
    server = SshdServer.start("RekeyLimit 32M");
    uploadLarge();
  }

  private void uploadLarge() throws Exception {
    long length = 300L * MIB;
    MessageDigest sent = MessageDigest.getInstance("SHA-256");
    try (SshStore store = open();
        Upload upload = store.begin("large.tar")) {
      Random random = new Random(1);
      byte[] bytes = new byte[3 * MIB];
      while (upload.position() < length) {
        random.nextBytes(bytes);
        int count = (int) Math.min(bytes.length, length - upload.position());
        upload.write(bytes, 0, count);
        sent.update(bytes, 0, count);
      }
      byte[] digest = ((MessageDigest) sent.clone()).digest();
      assertThat(upload.publish(digest)).isEqualTo(Verification.CONTENT);
    }
    MessageDigest stored = MessageDigest.getInstance("SHA-256");
    try (InputStream in =
        new DigestInputStream(
            Files.newInputStream(server.storage().resolve("large.tar")), stored)) {
      assertThat(in.transferTo(OutputStream.nullOutputStream())).isEqualTo(length);
    }
    assertThat(stored.digest()).isEqualTo(sent.digest());
  }

  @Test
  void twoStoresDoNotDisturbEachOther() throws Exception {
    try (SshStore one = open();
        SshStore two = open();
        Upload first = one.begin("first.tar");
        Upload second = two.begin("second.tar")) {
      byte[] ones = new byte[MIB];
      Arrays.fill(ones, (byte) 1);
      byte[] twos = new byte[MIB];
      Arrays.fill(twos, (byte) 2);
      first.write(ones, 0, MIB);
      second.write(twos, 0, MIB);
      first.publish(MessageDigest.getInstance("SHA-256").digest(ones));
      second.publish(MessageDigest.getInstance("SHA-256").digest(twos));
    }
    assertThat(server.storage().resolve("first.tar")).hasSize(MIB);
    assertThat(server.storage().resolve("second.tar")).hasSize(MIB);
  }

  private void mount(String... arguments) {
    List<String> command = new ArrayList<>(List.of("mount"));
    command.addAll(List.of(arguments));
    command.add(server.storage().toString());
    SshdServer.run(command);
  }

  private void unmount() {
    SshdServer.run(List.of("umount", "-l", server.storage().toString()));
  }
}
