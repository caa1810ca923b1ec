package io.plasmabackup.store.ssh;

import static io.plasmabackup.store.ssh.SshTests.assertConnectionFailure;
import static io.plasmabackup.store.ssh.SshTests.assertStorageFailure;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.PartialLost;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Upload;
import io.plasmabackup.store.Upload.Verification;
import io.plasmabackup.testing.FaultyProxy;
import io.plasmabackup.testing.FaultyProxy.Fault;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.sshd.client.session.ClientSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that break during an upload, and what becomes of it. */
@Timeout(180)
class ReconnectTest {

  private static final int MIB = 1 << 20;
  private static final Duration LONG = Duration.ofHours(1);

  /**
   * What may be under way when a connection breaks: the server's window, and half of that again.
   */
  private static final long WINDOW = 3L * MIB;

  /** What a connection costs besides: key exchange, login, messages around the data. */
  private static final long OVERHEAD = 64 * 1024;

  @TempDir Path temp;

  private SshdServer server;
  private FaultyProxy proxy;
  private boolean readAllBack;
  private Connections connections = Connections.AUTO;
  private final List<String> notes = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() {
    server = SshdServer.start();
    proxy = FaultyProxy.to(server.port());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.close();
  }

  private void restartServer(String... configuration) throws IOException {
    proxy.close();
    server.close();
    server = SshdServer.start(configuration);
    proxy = FaultyProxy.to(server.port());
  }

  private SshStore open() throws Failure, IOException {
    return open(Duration.ofSeconds(20), LONG, note -> {});
  }

  /** Through the proxy; what it tells is also kept. */
  private SshStore open(Duration stall, Duration retryFor, Consumer<String> listener)
      throws Failure, IOException {
    Path known =
        Files.writeString(
            server.directory().resolve("known"),
            "[127.0.0.1]:" + proxy.port() + " " + server.hostKey("ed25519") + "\n");
    SshTarget target =
        new SshTarget(
            server.host(),
            Optional.of(SshdServer.user()),
            OptionalInt.of(proxy.port()),
            Optional.of(server.clientKey("ed25519")),
            Optional.of(known));
    SshEnvironment nothing = SshTests.nothingAround(server.directory());
    return SshStore.open(
        target,
        server.storage().toString(),
        new SshEnvironment(
            nothing.home(),
            nothing.user(),
            nothing.configFile(),
            nothing.sshProgram(),
            nothing.agentSocket(),
            nothing.connectTimeout(),
            stall,
            Bandwidth.UNLIMITED),
        connections,
        retryFor,
        readAllBack,
        note -> {
          notes.add(note);
          listener.accept(note);
        });
  }

  private Path part(String name) {
    return server.storage().resolve("." + name + ".part");
  }

  /** A stream that is the same whenever it is made. */
  private static final class Content {

    private final Random random = new Random(42);
    private final MessageDigest digest;
    private final byte[] bytes = new byte[300_007];

    Content() throws Exception {
      digest = MessageDigest.getInstance("SHA-256");
    }

    /** Writes until the upload's position is {@code end}. */
    void write(Upload upload, long end) throws Failure {
      while (upload.position() < end) {
        int count = (int) Math.min(bytes.length, end - upload.position());
        random.nextBytes(bytes);
        digest.update(bytes, 0, count);
        upload.write(bytes, 0, count);
      }
    }

    byte[] sha256() {
      return digest.digest();
    }
  }

  /** Writes {@code size} bytes and publishes them. */
  private void assertUploads(SshStore store, long size) throws Exception {
    Content content = new Content();
    byte[] sha256;
    try (Upload upload = store.begin("archive.tar")) {
      content.write(upload, size);
      sha256 = content.sha256();
      assertThat(upload.publish(sha256)).isEqualTo(Verification.CONTENT);
    }
    assertStored("archive.tar", size, sha256);
  }

  private void assertStored(String name, long size, byte[] sha256) throws Exception {
    Path file = server.storage().resolve(name);
    assertThat(file).hasSize(size);
    assertThat(SshdServer.run(List.of("sha256sum", file.toString())))
        .startsWith(HexFormat.of().formatHex(sha256));
    assertThat(part(name)).doesNotExist();
  }

  /** As many losses and new connections as {@code faults}, at most. */
  private void assertNotes(int faults) {
    assertThat(lost()).isEqualTo(notes.size() - lost());
    assertThat(lost()).isBetween(1, faults);
  }

  private int lost() {
    return (int) notes.stream().filter(note -> note.contains(" lost at ")).count();
  }

  @Test
  void serverProcessKilledAgainAndAgain() throws Exception {
    int faults = 12;
    long size = 150L * MIB;
    Random random = new Random(1);
    TreeSet<Long> positions = new TreeSet<>();
    while (positions.size() < faults) {
      positions.add(random.nextLong(size));
    }
    Content content = new Content();
    byte[] sha256;
    try (SshStore store = open();
        Upload upload = store.begin("archive.tar")) {
      long acknowledged = 0;
      for (long position : positions) {
        content.write(upload, position);
        assertThat(upload.acknowledged()).isBetween(acknowledged, position);
        acknowledged = upload.acknowledged();
        server.killConnections();
      }
      content.write(upload, size);
      sha256 = content.sha256();
      assertThat(upload.publish(sha256)).isEqualTo(Verification.CONTENT);
      assertThat(upload.acknowledged()).isEqualTo(size);
    }
    assertStored("archive.tar", size, sha256);
    assertNotes(faults);
    assertThat(proxy.sent()).isBetween(size, size + size / 100 + faults * (WINDOW + OVERHEAD));
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void lineThatBreaks(Fault fault) throws Exception {
    int faults = 4;
    long size = 60L * MIB;
    Random random = new Random(fault.name().length());
    for (int i = 0; i < faults; i++) {
      proxy.breakAt(random.nextLong(10_000, size), fault);
    }
    try (SshStore store = open(Duration.ofSeconds(4), LONG, note -> {})) {
      assertUploads(store, size);
    }
    assertNotes(faults);
    assertThat(proxy.sent()).isBetween(size, size + size / 100 + faults * (WINDOW + OVERHEAD));
  }

  @Test
  void whatTheServerIsAskedForIsAskedForAgain() throws Exception {
    Files.writeString(server.storage().resolve("file"), "content");
    ThrowingConsumer<SshStore> list =
        store -> assertThat(store.list()).extracting(StoredFile::name).containsExactly("file");
    ThrowingConsumer<SshStore> read =
        store -> assertThat(store.read("file", 100)).hasValue("content".getBytes(UTF_8));
    ThrowingConsumer<SshStore> free = store -> assertThat(store.free()).isNotEmpty();
    ThrowingConsumer<SshStore> nothing = store -> store.discard("other");
    try (SshStore store = open()) {
      for (ThrowingConsumer<SshStore> ask : List.of(list, read, free, nothing)) {
        server.killConnections();
        ask.take(store);
      }
      server.killConnections();
      store.delete("file");
    }
    assertThat(server.storage()).isEmptyDirectory();
    assertThat(notes).hasSize(10);
    assertThat(notes.get(0))
        .matches("connection to .*@127.0.0.1:\\d+ lost \\(.+\\); trying again in 1 s");
    assertThat(notes.get(1)).matches("connected to .*@127.0.0.1:\\d+ again");
  }

  @Test
  void lineThatGoesDeadIsNoticedByWhoAsks() throws Exception {
    Files.writeString(server.storage().resolve("file"), "content");
    try (SshStore store = open(Duration.ofSeconds(2), LONG, note -> {})) {
      proxy.breakNow(Fault.SILENCE);
      assertThat(store.list()).hasSize(1);
    }
    assertThat(notes).hasSize(2);
  }

  @Test
  void serverThatIsStartedAgain() throws Exception {
    AtomicReference<Thread> restart = new AtomicReference<>();
    try (SshStore store =
        open(
            Duration.ofSeconds(20),
            LONG,
            note -> {
              if (note.contains(" lost at ")) {
                restart.set(Thread.ofPlatform().start(this::startServerAgain));
              }
            })) {
      Content content = new Content();
      byte[] sha256;
      try (Upload upload = store.begin("archive.tar")) {
        content.write(upload, 20L * MIB);
        server.kill();
        content.write(upload, 40L * MIB);
        sha256 = content.sha256();
        upload.publish(sha256);
      }
      assertStored("archive.tar", 40L * MIB, sha256);
    } finally {
      Objects.requireNonNull(restart.get()).join();
    }
    assertThat(notes).hasSize(2);
    assertThat(notes.get(0))
        .matches(
            "connection to .*@127.0.0.1:\\d+ lost at [\\d,]+ bytes \\(.+\\); trying again in 1 s");
    assertThat(notes.get(1))
        .matches("connected to .*@127.0.0.1:\\d+ again; [\\d,]+ bytes are sent again");
  }

  /** Well after the first attempt. */
  private void startServerAgain() {
    try {
      Thread.sleep(2500);
      server.configure();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void twoUploadsGoOnAfterOneLoss() throws Exception {
    Content archive = new Content();
    Content index = new Content();
    byte[] archiveSha256;
    byte[] indexSha256;
    try (SshStore store = open();
        Upload archiveUpload = store.begin("archive.tar");
        Upload indexUpload = store.begin("archive.tar.index")) {
      for (int i = 1; i <= 10; i++) {
        archive.write(archiveUpload, i * 5L * MIB);
        index.write(indexUpload, i * 200_000L);
        if (i == 1 || i == 5) {
          server.killConnections();
        }
      }
      archiveSha256 = archive.sha256();
      archiveUpload.publish(archiveSha256);
      server.killConnections();
      indexSha256 = index.sha256();
      indexUpload.publish(indexSha256);
    }
    assertStored("archive.tar", 50L * MIB, archiveSha256);
    assertStored("archive.tar.index", 2_000_000, indexSha256);
    assertNotes(3);
  }

  /** Breaks the line after some MiB, does something to the server's side, and goes on. */
  private void breakAndThen(ThrowingConsumer<Upload> deed) throws Exception {
    AtomicReference<Upload> writing = new AtomicReference<>();
    proxy.breakAt(30L * MIB, Fault.RESET);
    try (SshStore store =
        open(
            Duration.ofSeconds(20),
            LONG,
            note -> {
              if (note.contains(" lost at ")) {
                server.killConnections(); // Nobody else writes from now on.
                deed.accept(Objects.requireNonNull(writing.get()));
              }
            })) {
      Content content = new Content();
      byte[] sha256;
      try (Upload upload = store.begin("archive.tar")) {
        writing.set(upload);
        content.write(upload, 40L * MIB);
        sha256 = content.sha256();
        upload.publish(sha256);
      }
      assertStored("archive.tar", 40L * MIB, sha256);
    }
  }

  private interface ThrowingConsumer<T> extends Consumer<T> {

    void take(T t) throws Exception;

    @Override
    default void accept(T t) {
      try {
        take(t);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void assertLost(ThrowingConsumer<Upload> deed, String... parts) {
    PartialLost lost = catchThrowableOfType(PartialLost.class, () -> breakAndThen(deed));
    assertThat(lost).isNotNull();
    assertThat(lost.getMessage()).contains("storage/.archive.tar.part").contains(parts);
    assertThat(lost.exitCode()).isEqualTo(ExitCode.STORAGE);
    assertThat(part("archive.tar")).doesNotExist();
    assertThat(server.storage().resolve("archive.tar")).doesNotExist();
  }

  @Test
  void partialFileThatIsGone() {
    assertLost(upload -> Files.delete(part("archive.tar")), "it is gone");
  }

  @Test
  void partialFileThatIsShorter() {
    assertLost(
        upload -> {
          try (RandomAccessFile file = new RandomAccessFile(part("archive.tar").toFile(), "rw")) {
            file.setLength(upload.acknowledged() - 1);
          }
        },
        "bytes of the");
  }

  @Test
  void partialFileWhoseEndDiffers() {
    assertLost(upload -> flipByte(upload.acknowledged() - 1), "is not what was sent");
  }

  private void flipByte(long position) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(part("archive.tar").toFile(), "rw")) {
      file.seek(position);
      int found = file.read();
      file.seek(position);
      file.write(found ^ 1);
    }
  }

  @Test
  void partialFileWhoseBeginningDiffersIsFoundInTheEnd() {
    assertLost(upload -> flipByte(MIB), "SHA-256");
  }

  @Test
  void partialFileWhoseBeginningDiffersIsFoundAtOnceWhereAllIsReadBack() {
    readAllBack = true;
    assertLost(upload -> flipByte(MIB), "the 262144 bytes at 1048576 differ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void chunksBeforeTheLastAreReadBackIfSoConfigured(boolean all) throws Exception {
    readAllBack = all;
    byte[] content = new byte[3 * MIB];
    new Random(7).nextBytes(content);
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    List<Chunk> chunks = new ArrayList<>();
    for (int start = 0; start < content.length; start += MIB) {
      byte[] digest = sha256.digest(Arrays.copyOfRange(content, start, start + MIB));
      chunks.add(new Chunk(start, MIB, digest));
    }
    // The third one is cut off.
    Files.write(part("archive.tar"), Arrays.copyOf(content, content.length - 1));
    try (SshStore store = open()) {
      Upload upload = store.resume("archive.tar", chunks).orElseThrow();
      assertThat(upload.resumedAt()).isEqualTo(2 * MIB);
      upload.suspend();
    }
    flipByte(5);
    try (SshStore store = open()) {
      Optional<Upload> upload = store.resume("archive.tar", chunks);
      assertThat(upload.isEmpty()).isEqualTo(all);
      if (upload.isPresent()) {
        upload.get().suspend();
      }
    }
  }

  @Test
  void partialFileReplacedByALink() throws Exception {
    Path victim = server.directory().resolve("victim");
    assertLost(
        upload -> {
          Files.move(part("archive.tar"), victim);
          Files.createSymbolicLink(part("archive.tar"), victim);
        },
        "something else is there");
    assertThat(Files.size(victim)).isGreaterThan(20L * MIB);
  }

  @Test
  void partialFileReplacedByAFolder() throws Exception {
    ThrowingConsumer<Upload> deed =
        upload -> {
          Files.delete(part("archive.tar"));
          Files.createDirectory(part("archive.tar"));
        };
    assertThatThrownBy(() -> breakAndThen(deed)).isInstanceOf(PartialLost.class);
  }

  @Test
  void partialFileThatIsLongerIsCut() throws Exception {
    breakAndThen(upload -> {
      try (RandomAccessFile file = new RandomAccessFile(part("archive.tar").toFile(), "rw")) {
        file.seek(80L * MIB);
        file.write(1);
      }
    });
    assertNotes(1);
  }

  @Test
  void resumedUploadLosesItsConnectionBeforeItHasSentAnything() throws Exception {
    byte[] content = new byte[3 * MIB];
    new Random(7).nextBytes(content);
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Files.write(part("archive.tar"), Arrays.copyOf(content, 2 * MIB));
    Chunk chunk = new Chunk(0, 2 * MIB, sha256.digest(Arrays.copyOf(content, 2 * MIB)));
    byte[] digest = sha256.digest(content);
    try (SshStore store = open();
        Upload upload = store.resume("archive.tar", List.of(chunk)).orElseThrow()) {
      server.killConnections();
      upload.write(content, 0, content.length);
      upload.publish(digest);
    }
    assertStored("archive.tar", content.length, digest);
    assertThat(proxy.sent()).isLessThan(3L * MIB);
    assertNotes(1);
  }

  @Test
  void serverThatStaysAwayIsGivenUpInTheEnd() throws Exception {
    try (SshStore store = open(Duration.ofSeconds(20), Duration.ofSeconds(3), note -> {})) {
      Upload upload = store.begin("archive.tar");
      server.kill();
      long start = System.nanoTime();
      assertStorageFailure(
          () -> new Content().write(upload, 100L * MIB),
          "cannot write at byte",
          "connection was lost",
          "for 3 s no new one could be made",
          "cannot connect");
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(30));
      upload.suspend();
      upload.close();
    }
    assertThat(notes).hasSize(1);
  }

  @Test
  void anotherHostKeyEndsItAtOnce() throws Exception {
    Path known = server.directory().resolve("known");
    try (SshStore store =
        open(
            Duration.ofSeconds(20),
            LONG,
            note -> {
              try {
                Files.writeString(
                    known,
                    "[127.0.0.1]:"
                        + proxy.port()
                        + " "
                        + Files.readString(server.directory().resolve("client_ed25519.pub")));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })) {
      Upload upload = store.begin("archive.tar");
      server.killConnections();
      assertConnectionFailure(() -> new Content().write(upload, 100L * MIB), "HAS CHANGED");
      upload.suspend();
    }
    assertThat(notes).hasSize(1);
  }

  @Test
  void interruptEndsTheWaitAtOnce() throws Exception {
    Thread writer = Thread.currentThread();
    try (SshStore store =
        open(
            Duration.ofSeconds(20),
            LONG,
            note ->
                Thread.ofVirtual()
                    .start(() -> {
                      while (writer.getState() != Thread.State.TIMED_WAITING) {
                        Thread.onSpinWait();
                      }
                      writer.interrupt();
                    }))) {
      Upload upload = store.begin("archive.tar");
      server.kill();
      long start = System.nanoTime();
      assertStorageFailure(() -> new Content().write(upload, 100L * MIB), "interrupted");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      upload.suspend();
      upload.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  /** A server that accepts connections and says nothing: only a thread of its own can be left. */
  @Test
  void interruptEndsAnAttemptAtOnce() throws Exception {
    Thread writer = Thread.currentThread();
    try (SshStore store = open()) {
      Upload upload = store.begin("archive.tar");
      SshdServer.run(List.of("kill", "-STOP", String.valueOf(server.pid())));
      try {
        server.killConnections();
        Thread.ofVirtual()
            .start(() -> {
              while (!isConnecting()) {
                Thread.onSpinWait();
              }
              writer.interrupt();
            });
        assertStorageFailure(() -> new Content().write(upload, 100L * MIB), "interrupted");
        long start = System.nanoTime();
        upload.suspend();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
      } finally {
        SshdServer.run(List.of("kill", "-CONT", String.valueOf(server.pid())));
      }
    }
  }

  private static boolean isConnecting() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("ssh-connect"));
  }

  @Test
  void fullDiskIsNoReasonToConnectAgain() throws Exception {
    Requires.systemAdministration();
    SshdServer.run(
        List.of("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", server.storage().toString()));
    try (SshStore store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        assertStorageFailure(
            () -> new Content().write(upload, 100L * MIB), "cannot write at", "the disk is full");
      }
      assertThat(server.storage()).isEmptyDirectory();
    } finally {
      SshdServer.run(List.of("umount", "-l", server.storage().toString()));
    }
    assertThat(notes).isEmpty();
  }

  /** The server answers heartbeats, but the process that writes the file is stopped. */
  @Test
  void serverThatConfirmsNothingIsLeftForAnother() throws Exception {
    Path sftpServer = Requires.tool("/usr/lib/openssh/sftp-server");
    Path pid = temp.resolve("pid");
    Path wrapper = script("echo $$ >>" + pid, "exec " + sftpServer);
    restartServer("Subsystem sftp " + wrapper);
    try (SshStore store = open(Duration.ofSeconds(3), LONG, note -> {})) {
      Content content = new Content();
      byte[] sha256;
      try (Upload upload = store.begin("archive.tar")) {
        content.write(upload, 10L * MIB);
        String first = Files.readAllLines(pid).getFirst();
        SshdServer.run(List.of("kill", "-STOP", first));
        content.write(upload, 30L * MIB);
        // What it was sent before it was left is written now: the same bytes, at the same places.
        SshdServer.run(List.of("kill", "-CONT", first));
        content.write(upload, 50L * MIB);
        sha256 = content.sha256();
        upload.publish(sha256);
      }
      assertStored("archive.tar", 50L * MIB, sha256);
    }
    assertThat(notes.getFirst()).contains("confirmed nothing for 3 s");
    assertNotes(1);
  }

  @Test
  void slowLineIsNoStall() throws Exception {
    proxy.slowDown(60_000); // A request takes longer than the limit.
    Duration stall = Duration.ofSeconds(3);
    try (SshStore store = open(stall, LONG, note -> {})) {
      assertUploads(store, 700_000);
    }
    assertThat(notes).isEmpty();
  }

  @Test
  void digestOnTheServerMayTakeLongAndIsDoneAgain() throws Exception {
    Path programs = Files.createDirectory(server.directory().resolve("programs"));
    Path began = server.directory().resolve("began");
    Path openssl = programs.resolve("openssl");
    Files.writeString(
        openssl,
        "#!/bin/sh\n[ -e %s ] || { /bin/touch %s; exec /bin/sleep 60; }\n/bin/sleep 7\nexec /usr/bin/openssl \"$@\"\n"
            .formatted(began, began));
    Files.setPosixFilePermissions(openssl, PosixFilePermissions.fromString("rwx------"));
    server.configure("SetEnv PATH=" + programs);
    try (SshStore store = open(Duration.ofSeconds(3), LONG, note -> {})) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            while (!Files.exists(began)) {
              Thread.onSpinWait();
            }
            server.killConnections();
          });
      assertUploads(store, 5L * MIB);
    }
    assertNotes(1);
  }

  private Path script(String... lines) throws IOException {
    Path script = Files.createTempFile(temp, "script", ".sh");
    Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  /** With an SFTP server that dies while it renames; see there for {@code when}. */
  private void publishOnce(String when) throws Exception {
    Path sftpServer = Requires.tool("/usr/lib/openssh/sftp-server");
    Path python = Requires.tool("/usr/bin/python3");
    Path dying =
        Path.of(
            Objects.requireNonNull(ReconnectTest.class.getResource("dying-sftp-server.py"))
                .toURI());
    Path happened = temp.resolve("happened");
    Path wrapper =
        script(
            String.join(
                " ",
                "exec",
                python.toString(),
                ShellCommand.quote(dying.toString()),
                when,
                happened.toString(),
                sftpServer.toString()));
    restartServer("Subsystem sftp " + wrapper);
    try (SshStore store = open()) {
      assertUploads(store, MIB);
    } finally {
      assertThat(happened).exists();
      assertNotes(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"before", "after", "half"})
  void answerToTheRenamingIsLost(String when) throws Exception {
    publishOnce(when);
  }

  @Test
  void partialFileThatIsGoneWhenItIsToBeRenamed() {
    assertThatThrownBy(() -> publishOnce("gone"))
        .isInstanceOf(PartialLost.class)
        .hasMessageContaining("gone");
  }

  @Test
  void nameThatSomebodyElseTookMeanwhileIsLeftAlone() throws Exception {
    assertStorageFailure(() -> publishOnce("taken"), "archive.tar", "exists already");
    assertThat(server.storage().resolve("archive.tar")).hasBinaryContent(new byte[MIB]);
    assertThat(part("archive.tar")).doesNotExist();
  }

  @Test
  void keyExchangesDoNotStallIt() throws Exception {
    restartServer("RekeyLimit 1M");
    try (SshStore store = open(Duration.ofSeconds(10), LONG, note -> {})) {
      ClientSession session = store.link().connection().session();
      Thread rekeying =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  while (!Thread.interrupted()) {
                    session.reExchangeKeys().verify(Duration.ofSeconds(10));
                    Thread.sleep(20);
                  }
                } catch (IOException | InterruptedException end) {
                  // The upload is complete, or tells what is wrong.
                }
              });
      assertUploads(store, 300L * MIB);
      rekeying.interrupt();
      rekeying.join();
    }
    assertThat(notes).isEmpty();
  }
}
