package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.store.SourceLost;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.Upload;
import io.plasmabackup.testing.SshdServer;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A file on the server that changes while ranges of it are copied there. */
@Timeout(120)
class CopiedRangesTest {

  private static final int KIB = 1024;
  private static final int SIZE = 2000 * KIB;

  /** Copied first, for the server to have the file open. */
  private static final int FIRST = 500 * KIB;

  private final byte[] content = new byte[SIZE];
  private SshdServer server;
  private Path source;

  @BeforeEach
  void start() throws Exception {
    server = SshdServer.start();
    new Random(5).nextBytes(content);
    source = Files.write(server.storage().resolve("source"), content);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Another file of that name, of which the server says the same. */
  private void replaceBy(byte[] other) throws Exception {
    Path path = Files.write(server.storage().resolve("other"), other);
    Files.setLastModifiedTime(path, Files.getLastModifiedTime(source));
    Files.move(path, source, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void cut(Path file, long length) throws Exception {
    try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(length);
    }
  }

  private static void awaitAcknowledged(Upload upload, long bytes) {
    while (upload.acknowledged() < bytes) {
      Thread.onSpinWait();
    }
  }

  /**
   * Has two ranges copied, between which the file that the server copies from is cut, and the one
   * that is read here isn't: as if it were cut just between the two.
   */
  private void copyFromOneThatIsCut(int from, int length, long cutAt, String name)
      throws Exception {
    Files.write(source, content);
    try (SshStore store = SshTests.open(server, server.storage());
        StoredBytes read = store.open("source").orElseThrow();
        Upload upload = store.begin(name)) {
      replaceBy(content);
      upload.copy(read, 0, FIRST);
      // Of which the end, which is sent, may wait for more.
      awaitAcknowledged(upload, FIRST - 256 * KIB);
      cut(source, cutAt);
      upload.copy(read, from, length);
      upload.publish(List.of());
    }
  }

  /**
   * OpenSSH's server copies 64 KiB at a time, and takes no note of what is missing of the last
   * ones. Whatever is said, the file is right, or there is none.
   */
  @Test
  void aSourceThatIsCutIsNoticedWhereverItIsCut() throws Exception {
    int published = 0;
    int lost = 0;
    for (int length : new int[] {64 * KIB, 128 * KIB, 150 * KIB, 640 * KIB, 1000 * KIB + 1}) {
      byte[] expected = Arrays.copyOf(content, FIRST + length);
      System.arraycopy(content, FIRST, expected, FIRST, length);
      for (int missing :
          new int[] {1, 63 * KIB, 65 * KIB, 100 * KIB, 127 * KIB, 129 * KIB, length}) {
        String name = "archive-" + length + "-" + missing;
        try {
          copyFromOneThatIsCut(FIRST, length, FIRST + length - missing, name);
          published++;
          assertThat(Arrays.mismatch(Files.readAllBytes(server.storage().resolve(name)), expected))
              .as(name)
              .isEqualTo(-1);
        } catch (SourceLost expectedToo) {
          lost++;
          assertThat(server.storage().resolve(name)).doesNotExist();
        }
      }
    }
    assertThat(published).isGreaterThan(5);
    assertThat(lost).isGreaterThan(5);
  }

  @Test
  void anotherFileOfThatNameIsNoSource() throws Exception {
    try (SshStore store = SshTests.open(server, server.storage());
        StoredBytes read = store.open("source").orElseThrow()) {
      Path other = Files.write(server.storage().resolve("other"), content);
      Files.setLastModifiedTime(
          other, FileTime.fromMillis(Files.getLastModifiedTime(source).toMillis() + 2000));
      Files.move(other, source, StandardCopyOption.ATOMIC_MOVE);
      assertLost(store, read, "it has changed");
      replaceBy(Arrays.copyOf(content, SIZE - 1));
      assertLost(store, read, "it has changed");
      Files.delete(source);
      assertLost(store, read, "it is gone");
    }
    assertThat(server.storage()).isEmptyDirectory();
  }

  private static void assertLost(SshStore store, StoredBytes read, String why) throws Exception {
    try (Upload upload = store.begin("archive.tar")) {
      assertThatThrownBy(
              () -> {
                upload.copy(read, 0, SIZE);
                upload.publish(List.of());
              })
          .isInstanceOf(SourceLost.class)
          .hasMessageContaining(why);
    }
  }
}
