package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.Upload;
import io.plasmabackup.store.Upload.Verification;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads over several connections. */
@Timeout(120)
class ConnectionsTest {

  private static final int MIB = 1 << 20;
  private static final String NAME = "archive.tar";

  @TempDir Path temp;

  private final byte[] content = new byte[60 * MIB + 4711];
  private final List<String> notes = new CopyOnWriteArrayList<>();
  private SshdServer server;

  @BeforeEach
  void start() {
    new Random(7).nextBytes(content);
    server = SshdServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private SshStore open(int connections) throws Failure {
    return SshStore.open(
        SshTests.target(server, server.clientKey("ed25519"), server.knownHosts()),
        server.storage().toString(),
        SshTests.nothingAround(server.directory()),
        Connections.of(connections),
        Duration.ofMinutes(1),
        false,
        notes::add);
  }

  private long logins() throws IOException {
    return server.log().lines().filter(line -> line.contains("Accepted publickey")).count();
  }

  /** The bytes up to {@code end}, of which further connections have sent some. */
  private void write(Upload upload, int end) throws Failure {
    while (upload.position() < end) {
      int from = (int) upload.position();
      upload.write(content, from, Math.min(100_003, end - from));
    }
  }

  private byte[] sha256() throws Exception {
    return MessageDigest.getInstance("SHA-256").digest(content);
  }

  private void publish(Upload upload) throws Exception {
    write(upload, content.length);
    assertThat(upload.publish(sha256())).isEqualTo(Verification.CONTENT);
    assertThat(upload.acknowledged()).isEqualTo(content.length);
    assertThat(server.storage().resolve(NAME)).hasBinaryContent(content);
    assertThat(part()).doesNotExist();
  }

  private Path part() {
    return server.storage().resolve("." + NAME + ".part");
  }

  /** So many processes have the partial file open: one for each connection that is used for it. */
  private long users() throws IOException {
    String real = part().toRealPath().toString();
    return Arrays.stream(
            SshdServer.run(List.of("sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null; true"))
                .split("\n", -1))
        .filter(line -> line.endsWith(" " + real))
        .count();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 16})
  void sameBytesOverSoMany(int count) throws Exception {
    try (SshStore store = open(count);
        Upload upload = store.begin(NAME)) {
      write(upload, 20 * MIB);
      SshTests.await(() -> users() == count);
      publish(upload);
    }
    assertThat(logins()).isEqualTo(count);
    assertThat(notes).isEmpty();
  }

  @Test
  void smallFileNeedsOneOnly() throws Exception {
    try (SshStore store = open(4);
        Upload upload = store.begin(NAME)) {
      upload.write(content, 0, 5 * MIB);
      upload.publish(MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(content, 5 * MIB)));
    }
    assertThat(logins()).isEqualTo(1);
  }

  /** Of several connections, the first or another one. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneThatIsKilledIsMadeUpFor(boolean theFirst) throws Exception {
    try (SshStore store = open(4);
        Upload upload = store.begin(NAME)) {
      write(upload, 20 * MIB);
      SshTests.await(() -> users() == 4);
      List<Long> processes = server.connectionsInOrder();
      write(upload, 30 * MIB);
      SshdServer.killWithChildren(theFirst ? processes.getFirst() : processes.getLast());
      publish(upload);
    }
    assertThat(notes).hasSize(2);
    assertThat(notes.getFirst()).contains(" lost at ");
    assertThat(notes.getLast()).contains("again; ");
  }

  @Test
  void whatIsAcknowledgedIsThereWithoutGaps() throws Exception {
    try (SshStore store = open(4)) {
      Upload upload = store.begin(NAME);
      write(upload, 20 * MIB);
      SshTests.await(() -> users() == 4);
      write(upload, 60 * MIB);
      int acknowledged = (int) upload.acknowledged();
      upload.suspend();
      assertThat(Arrays.copyOf(Files.readAllBytes(part()), acknowledged))
          .isEqualTo(Arrays.copyOf(content, acknowledged));
    }
    try (SshStore store = open(4);
        Upload upload =
            store
                .resume(
                    NAME,
                    List.of(
                        new Chunk(
                            0,
                            15L * MIB,
                            MessageDigest.getInstance("SHA-256")
                                .digest(Arrays.copyOf(content, 15 * MIB)))))
                .orElseThrow()) {
      assertThat(upload.resumedAt()).isEqualTo(15L * MIB);
      publish(upload);
    }
  }

  @ParameterizedTest
  @CsvSource({"3, 1", "6, 2"})
  void serverThatRefusesMore(int count, int allowed) throws Exception {
    Path sftpServer = Requires.tool("/usr/lib/openssh/sftp-server");
    server.close();
    Path gate = Files.createFile(temp.resolve("gate"));
    String places =
        IntStream.rangeClosed(1, allowed)
            .mapToObj(place -> "mkdir " + temp.resolve("place" + place))
            .collect(Collectors.joining(" || "));
    Files.writeString(gate, "#!/bin/sh\n%s || exit 1\nexec %s\n".formatted(places, sftpServer));
    Files.setPosixFilePermissions(gate, PosixFilePermissions.fromString("rwx------"));
    server = SshdServer.start("Subsystem sftp " + gate);
    try (SshStore store = open(count);
        Upload upload = store.begin(NAME)) {
      write(upload, 20 * MIB);
      while (notes.isEmpty()) {
        write(upload, (int) upload.position() + Piece.SIZE);
        Thread.sleep(50);
      }
      publish(upload);
    }
    assertThat(notes).hasSize(1);
    assertThat(notes.getFirst())
        .startsWith("uploading over " + allowed + " of " + count + " connections: ")
        .contains("offers no SFTP")
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "5, 1", "6, 2", "20, 4", "100, 8", "600, 8"})
  void autoGoesByTheRoundTrip(int millis, int count) {
    assertThat(Connections.AUTO.count(Duration.ofMillis(millis))).isEqualTo(count);
    assertThat(Connections.of(3).count(Duration.ofMillis(millis))).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"0, 4", "400, 4", "1000, 6", "5000, 14", "100000, 14"})
  void asMuchIsUnderWayAsTheLineHolds(int micros, int requests) {
    assertThat(Lane.underWay(Duration.ofNanos(micros * 1000L))).isEqualTo(requests);
  }

  @Test
  void thereAreOneToSixteen() {
    assertThatThrownBy(() -> Connections.of(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Connections.of(17)).isInstanceOf(IllegalArgumentException.class);
  }
}
