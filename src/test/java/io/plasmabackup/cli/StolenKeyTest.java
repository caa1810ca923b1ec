package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.guard.RawSftp;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a thief tries with an agent's key, with OpenSSH's own programs and a real sshd. */
@ExtendWith(NoLeakedFds.class)
class StolenKeyTest {

  private static final String GOOD = "20260511-0200-weekly.tar";

  @TempDir private Path temp;
  private Path folder;
  private Path elsewhere;
  private GuardedServer server;

  @BeforeEach
  void begin() throws IOException {
    Requires.tool("sftp");
    Requires.tool("ssh");
    folder = Files.createDirectory(temp.resolve("host1"));
    elsewhere = Files.createDirectory(temp.resolve("host2"));
    for (Path place : List.of(folder, elsewhere)) {
      Files.writeString(place.resolve(GOOD), "good");
      Files.writeString(place.resolve(GOOD + ".index"), "good");
      Files.writeString(
          place.resolve("plasma-rotate.json"),
          "{\"policy\": {\"daily\": 1, \"weekly\": 1, \"monthly\": 1}}");
    }
    Instant longAgo = Instant.now().minus(Duration.ofDays(30));
    Files.setLastModifiedTime(folder.resolve(GOOD), FileTime.from(longAgo));
    server = new GuardedServer(folder, "--keep-free 0 --max-archives-per-day 3");
  }

  @AfterEach
  void end() throws IOException {
    if (server != null) {
      server.close();
    }
    for (Path place : List.of(folder, elsewhere)) {
      assertThat(place.resolve(GOOD)).hasContent("good");
      assertThat(place.resolve(GOOD + ".index")).hasContent("good");
      assertThat(place.resolve("plasma-rotate.json")).content().contains("daily");
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void sftpChangesNothing() throws Exception {
    Path evil = Files.writeString(temp.resolve("evil"), "evil");
    List<String> before = names();

    Command.Result result =
        server.sftp(
            temp,
            "pwd",
            "ls -la",
            "rm " + GOOD,
            "rm " + GOOD + ".index",
            "rm plasma-rotate.json",
            "put " + evil + " " + GOOD,
            "put " + evil + " plasma-rotate.json",
            "put " + evil + " evil",
            "put " + evil + " ../host2/" + GOOD,
            "put " + evil + " " + elsewhere + "/" + GOOD,
            "reput " + evil + " " + GOOD,
            "rename " + GOOD + " gone",
            "rename " + GOOD + " ." + GOOD + ".part",
            "chmod 777 " + GOOD,
            "chown 1 " + GOOD,
            "ln " + GOOD + " ." + GOOD + ".part",
            "ln -s /etc/passwd ." + GOOD + ".part",
            "mkdir sub",
            "rmdir " + folder,
            "cd " + elsewhere,
            "cd ..",
            "get " + elsewhere + "/" + GOOD + " " + temp.resolve("stolen"),
            "get /etc/passwd " + temp.resolve("stolen"),
            "get " + GOOD + " " + temp.resolve("read"));

    assertThat(result.status()).as(result.output()).isZero();
    assertThat(result.output()).contains("Remote working directory: " + folder);
    assertThat(names()).isEqualTo(before);
    assertThat(temp.resolve("stolen")).doesNotExist();
    assertThat(temp.resolve("read")).hasContent("good");
  }

  @Test
  void nothingElseIsRun() throws Exception {
    List<String> before = names();
    for (String asked :
        List.of(
            "rm -rf " + folder,
            "sh -c 'rm -rf " + folder + "'",
            "echo x; rm -rf " + folder,
            "plasma-rotate " + elsewhere,
            "plasma-rotate " + folder + " $(rm -rf " + folder + ")",
            "plasma-store serve " + elsewhere)) {
      Command.Result result = server.ssh(asked);
      assertThat(result.status()).as(asked).isEqualTo(127);
      assertThat(result.output()).contains("plasma-store: this key may not run that: ");
      assertThat(result.output().lines()).hasSize(1);
    }
    Command.Result shell = server.ssh();
    assertThat(shell.status()).isEqualTo(127);
    assertThat(shell.output()).contains("there is no shell");
    assertThat(server.ssh("echo abc").output()).isEqualTo("abc");
    assertThat(names()).isEqualTo(before);
  }

  @Test
  void nothingIsForwarded() throws Exception {
    try (ServerSocket inside = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String[] command = server.sshCommand();
      String[] forwarding =
          Stream.concat(
                  Stream.of(command[0], "-W", "127.0.0.1:" + inside.getLocalPort()),
                  Stream.of(command).skip(1))
              .toArray(String[]::new);
      Command.Result result = Command.attempt(forwarding);
      assertThat(result.status()).isNotZero();
      assertThat(result.output()).contains("administratively prohibited");
    }
  }

  /** Archives of today, as good ones have been made for long. */
  @Test
  void aFloodIsStoppedAndRotationSparesWhatCameBefore() throws Exception {
    List<String> stored = new ArrayList<>();
    try (RawSftp thief = server.rawSftp()) {
      for (int i = 0; i < 6; i++) {
        String name = today(i);
        RawSftp.Answer created = thief.create("." + name + ".part");
        if (created.status() == RawSftp.OK) {
          thief.write(created.bytes(), 0, new byte[] {1, 2, 3});
          assertThat(thief.rename("." + name + ".part", name).status()).isEqualTo(RawSftp.OK);
          stored.add(name);
        } else {
          assertThat(created.message()).contains("3 archives were stored within 24 hours");
        }
      }
    }

    assertThat(stored).hasSize(3);
    Command.Result rotation = server.ssh("plasma-rotate " + folder);
    assertThat(rotation.status()).as(rotation.output()).isZero();
    assertThat(rotation.output()).contains("deleted 0", "and 3 younger than minimumAge");
    assertThat(names()).contains(GOOD).containsAll(stored);
  }

  /** The name of an archive that is right today. */
  private static String today(int minute) {
    return ArchiveName.of(
            LocalDate.now(ZoneId.systemDefault()).atTime(0, minute), ArchiveName.Suffix.TAR)
        .fileName();
  }

  /** Other connections have the partial file open, and go on writing. */
  @Test
  void nothingIsWrittenAfterPublicationByAnotherProcess() throws Exception {
    String name = today(1);
    String part = "." + name + ".part";
    byte[] first = "first".getBytes(StandardCharsets.UTF_8);
    try (RawSftp one = server.rawSftp();
        RawSftp other = server.rawSftp()) {
      byte[] handle = one.create(part).bytes();
      assertThat(one.write(handle, 0, first).status()).isEqualTo(RawSftp.OK);
      byte[] late = other.open(part, RawSftp.WRITE).bytes();
      assertThat(other.write(late, 0, first).status()).isEqualTo(RawSftp.OK);

      assertThat(one.rename(part, name).status()).isEqualTo(RawSftp.OK);

      assertThat(other.write(late, 0, new byte[] {9}).status()).isEqualTo(RawSftp.DENIED);
      assertThat(one.write(handle, 0, new byte[] {9}).status()).isEqualTo(RawSftp.DENIED);
    }
    assertThat(folder.resolve(name)).hasBinaryContent(first);
  }

  /** Again and again: a thread that writes as fast as it can while another process publishes. */
  @Test
  void aRaceToWriteAfterPublicationIsLost() throws Exception {
    try (RawSftp one = server.rawSftp();
        RawSftp other = server.rawSftp()) {
      for (int i = 0; i < 3; i++) {
        String name = today(10 + i);
        String part = "." + name + ".part";
        one.write(one.create(part).bytes(), 0, new byte[8]);
        byte[] late = other.open(part, RawSftp.WRITE).bytes();
        AtomicLong last = new AtomicLong();
        Thread writer =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    long next = 1;
                    while (other.write(late, 0, bytes(next)).status() == RawSftp.OK) {
                      last.set(next++);
                    }
                  } catch (IOException e) {
                    last.set(-1);
                  }
                });
        Thread.sleep(50);
        assertThat(one.rename(part, name).status()).isEqualTo(RawSftp.OK);
        byte[] published = Files.readAllBytes(folder.resolve(name));
        writer.join();
        // The last write that was confirmed came before, and nothing after it.
        assertThat(published).isEqualTo(bytes(last.get()));
        assertThat(folder.resolve(name)).hasBinaryContent(published);
      }
    }
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  @Test
  void aFolderThatIsNotThereIsSaid() throws Exception {
    try (GuardedServer other = new GuardedServer(temp.resolve("none"), "")) {
      Command.Result result = other.ssh("echo abc");
      assertThat(result.status()).isEqualTo(9);
      assertThat(result.output()).contains("cannot use the folder " + temp.resolve("none"));
    }
  }
}
