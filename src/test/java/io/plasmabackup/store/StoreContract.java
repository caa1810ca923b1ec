package io.plasmabackup.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Upload.Verification;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Store} must do. Each implementation's test extends this. */
@Timeout(120)
public abstract class StoreContract {

  /** Where the store's files really are on this machine. */
  protected abstract Path directory() throws Exception;

  /** A store in {@link #directory}; the test closes it. */
  protected abstract Store open() throws Exception;

  /** How thoroughly this store checks what it publishes. */
  protected abstract Verification verification();

  @Test
  void listsNothingInAnEmptyFolder() throws Exception {
    try (Store store = open()) {
      assertThat(store.list()).isEmpty();
    }
  }

  @Test
  void listsRegularFilesOnly() throws Exception {
    Files.writeString(directory().resolve("a file"), "12345");
    Files.createDirectory(directory().resolve("folder"));
    Files.createSymbolicLink(directory().resolve("link"), Path.of("a file"));
    try (Store store = open()) {
      List<StoredFile> files = store.list();
      assertThat(files).extracting(StoredFile::name).containsExactly("a file");
      assertThat(files.get(0).size()).isEqualTo(5);
      assertThat(Duration.between(files.get(0).modified(), Instant.now()).abs())
          .isLessThan(Duration.ofMinutes(2));
    }
  }

  @Test
  void readsASmallFile() throws Exception {
    Files.writeString(directory().resolve("policy"), "content");
    try (Store store = open()) {
      assertThat(store.read("policy", 7))
          .hasValueSatisfying(b -> assertThat(b).asString().isEqualTo("content"));
      assertThat(store.read("absent", 7)).isEmpty();
    }
  }

  @Test
  void refusesToReadMoreThanTheLimit() throws Exception {
    Files.writeString(directory().resolve("policy"), "content");
    try (Store store = open()) {
      assertStorageFailure(() -> store.read("policy", 6), "policy", "6 bytes");
    }
  }

  @Test
  void readsNoLink() throws Exception {
    Path secret = Files.writeString(directory().resolve("secret"), "content");
    Files.createSymbolicLink(directory().resolve("policy"), secret);
    try (Store store = open()) {
      assertStorageFailure(() -> store.read("policy", 100), "policy", "not a file");
    }
  }

  @Test
  void opensAFileToReadAnyOfIt() throws Exception {
    byte[] content = random(3_000_017);
    Files.write(directory().resolve("archive"), content);
    byte[] read = new byte[content.length + 10];
    try (Store store = open();
        StoredBytes bytes = store.open("archive").orElseThrow()) {
      assertThat(bytes.size()).isEqualTo(content.length);
      for (int[] range :
          new int[][] {
            {0, 1}, {2_999_000, 1_017}, {7, 2_500_000}, {0, 3_000_017}, {999_999, 300_000}
          }) {
        assertThat(bytes.read(range[0], read, 5, range[1])).isEqualTo(range[1]);
        assertThat(Arrays.mismatch(read, 5, 5 + range[1], content, range[0], range[0] + range[1]))
            .isNegative();
      }
      assertThat(bytes.read(3_000_000, read, 0, 1000)).isEqualTo(17);
      assertThat(bytes.read(3_000_017, read, 0, 1000)).isZero();
      assertThat(bytes.read(1_000_000, read, 0, 2_900_000)).isEqualTo(2_000_017);
      assertThat(bytes.stream(0).readAllBytes()).isEqualTo(content);
      assertThat(bytes.stream(2_999_999).readAllBytes())
          .isEqualTo(Arrays.copyOfRange(content, 2_999_999, content.length));
      assertThat(bytes.stream(content.length).read()).isNegative();
      assertThat(bytes.stream(11).read()).isEqualTo(content[11] & 0xff);
    }
  }

  @Test
  void opensAnEmptyFileAndNoneThatIsNotThere() throws Exception {
    Files.createFile(directory().resolve("empty"));
    try (Store store = open();
        StoredBytes empty = store.open("empty").orElseThrow()) {
      assertThat(empty.size()).isZero();
      assertThat(empty.read(0, new byte[3], 0, 3)).isZero();
      assertThat(empty.stream(0).read()).isNegative();
      assertThat(store.open("absent")).isEmpty();
    }
  }

  @Test
  void opensNeitherLinkNorFolder() throws Exception {
    Path secret = Files.writeString(directory().resolve("secret"), "content");
    Files.createSymbolicLink(directory().resolve("link"), secret);
    Files.createDirectory(directory().resolve("folder"));
    try (Store store = open()) {
      assertStorageFailure(() -> store.open("link"), "link", "not a file");
      assertStorageFailure(() -> store.open("folder"), "folder", "not a file");
    }
  }

  @Test
  void publishesWhatWasWritten() throws Exception {
    byte[] content = random(3_000_000);
    try (Store store = open();
        Upload upload = store.begin("archive.tar")) {
      upload.write(content, 0, 1);
      upload.write(content, 1, 0);
      upload.write(content, 1, 999_999);
      upload.write(content, 1_000_000, 2_000_000);
      assertThat(upload.position()).isEqualTo(content.length);
      assertThat(upload.publish(sha256(content))).isEqualTo(verification());
      assertThat(store.list()).extracting(StoredFile::name).containsExactly("archive.tar");
    }
    assertThat(directory().resolve("archive.tar")).hasBinaryContent(content);
    assertThat(names()).containsExactly("archive.tar");
  }

  @Test
  void publishesAnEmptyFile() throws Exception {
    try (Store store = open();
        Upload upload = store.begin("empty.tar")) {
      upload.publish(sha256(new byte[0]));
    }
    assertThat(directory().resolve("empty.tar")).isEmptyFile();
  }

  @Test
  void callerMayReuseItsArray() throws Exception {
    byte[] chunk = new byte[100_000];
    byte[] content = random(50 * chunk.length);
    try (Store store = open();
        Upload upload = store.begin("archive.tar")) {
      for (int at = 0; at < content.length; at += chunk.length) {
        System.arraycopy(content, at, chunk, 0, chunk.length);
        upload.write(chunk, 0, chunk.length);
      }
      upload.publish(sha256(content));
    }
    assertThat(directory().resolve("archive.tar")).hasBinaryContent(content);
  }

  @Test
  void partialFileIsHiddenAndPrivate() throws Exception {
    try (Store store = open();
        Upload upload = store.begin("archive.tar")) {
      Path part = directory().resolve(".archive.tar.part");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(part)))
          .isEqualTo("rw-------");
      assertThat(names()).containsExactly(".archive.tar.part");
      upload.publish(sha256(new byte[0]));
    }
  }

  @Test
  void removesAnUnpublishedUpload() throws Exception {
    try (Store store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        upload.write(random(1_000_000), 0, 1_000_000);
      }
      assertThat(names()).isEmpty();
    }
  }

  @Test
  void publishesNothingWhoseContentDiffers() throws Exception {
    try (Store store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        byte[] content = random(700_000);
        upload.write(content, 0, content.length);
        tamper(directory().resolve(".archive.tar.part"));
        assertStorageFailure(() -> upload.publish(sha256(content)), "archive.tar");
      }
      assertThat(names()).isEmpty();
    }
  }

  /** Changes what is stored, in a place that every kind of verification looks at. */
  private static void tamper(Path part) throws Exception {
    while (Files.size(part) < 200_000) { // The first bytes may still be on their way.
      Thread.sleep(5);
    }
    try (RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw")) {
      file.seek(17);
      file.write("tampered".getBytes(UTF_8));
    }
  }

  @Test
  void publishesNothingOfAnotherSize() throws Exception {
    try (Store store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        byte[] content = random(700_000);
        upload.write(content, 0, content.length);
        try (RandomAccessFile file =
            new RandomAccessFile(directory().resolve(".archive.tar.part").toFile(), "rw")) {
          file.setLength(1_000_000);
        }
        assertStorageFailure(() -> upload.publish(sha256(content)), "archive.tar");
      }
      assertThat(names()).isEmpty();
    }
  }

  @Test
  void neverOverwrites() throws Exception {
    try (Store store = open()) {
      try (Upload upload = store.begin("archive.tar")) {
        upload.write(new byte[10], 0, 10);
        Files.writeString(directory().resolve("archive.tar"), "somebody else's");
        assertStorageFailure(() -> upload.publish(sha256(new byte[10])), "archive.tar", "exists");
      }
      assertThat(directory().resolve("archive.tar")).hasContent("somebody else's");
      assertThat(names()).containsExactly("archive.tar");
    }
  }

  @Test
  void neverSharesAPartialFile() throws Exception {
    try (Store store = open();
        Upload first = store.begin("archive.tar")) {
      first.write(new byte[10], 0, 10);
      assertStorageFailure(() -> store.begin("archive.tar"), ".archive.tar.part", "exists");
      first.publish(sha256(new byte[10]));
    }
    assertThat(directory().resolve("archive.tar")).hasSize(10);
  }

  @Test
  void writesThroughNoLink() throws Exception {
    Path victim = Files.writeString(directory().resolve("victim"), "untouched");
    Files.createSymbolicLink(directory().resolve(".archive.tar.part"), victim);
    try (Store store = open()) {
      assertStorageFailure(() -> store.begin("archive.tar"), ".archive.tar.part", "exists");
    }
    assertThat(victim).hasContent("untouched");
  }

  /** What an earlier run left: {@code stored} under the name of archive.tar's partial file. */
  private Path leave(byte[] stored) throws Exception {
    return Files.write(directory().resolve(".archive.tar.part"), stored);
  }

  private static Chunk chunk(byte[] content, int from, int to) throws Exception {
    return new Chunk(from, to - from, sha256(Arrays.copyOfRange(content, from, to)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 300_000})
  void hasRangesOfAnotherFileCopied(int before) throws Exception {
    byte[] other = random(40_000_000);
    Files.write(directory().resolve("other"), other);
    byte[] own = random(before + 700_000);
    byte[] expected = new byte[own.length + 36_000_001 + 1];
    try (Store store = open();
        StoredBytes source = store.open("other").orElseThrow();
        Upload upload = store.begin("archive.tar")) {
      assertThat(store.copying(source)).isNotEqualTo(Copying.NOTHING);
      upload.write(own, 0, before);
      assertThat(upload.copy(source, 4096, 36_000_001)).isTrue();
      assertThat(upload.position()).isEqualTo(before + 36_000_001L);
      upload.write(own, before, 700_000);
      assertThat(upload.copy(source, 7, 1)).isTrue();
      System.arraycopy(own, 0, expected, 0, before);
      System.arraycopy(other, 4096, expected, before, 36_000_001);
      System.arraycopy(own, before, expected, before + 36_000_001, 700_000);
      expected[expected.length - 1] = other[7];
      assertThat(upload.publish(List.of(chunk(expected, before, before + 5_000_000))))
          .isEqualTo(Verification.SAMPLES);
    }
    assertThat(Files.mismatch(directory().resolve("archive.tar"), temporary(expected)))
        .isEqualTo(-1);
  }

  private Path temporary(byte[] content) throws Exception {
    return Files.write(directory().resolve("expected"), content);
  }

  @Test
  void aCopyThatIsNotWhatItShouldBeIsNotPublished() throws Exception {
    byte[] other = random(2_000_000);
    Files.write(directory().resolve("other"), other);
    try (Store store = open();
        StoredBytes source = store.open("other").orElseThrow();
        Upload upload = store.begin("archive.tar")) {
      upload.copy(source, 0, 2_000_000);
      byte[] lie = other.clone();
      lie[1_500_000] ^= 1;
      List<Chunk> chunks = List.of(chunk(other, 0, 1_000_000), chunk(lie, 1_000_000, 2_000_000));
      assertThatThrownBy(() -> upload.publish(chunks)).isInstanceOf(PartialLost.class);
    }
    assertThat(directory().resolve("archive.tar")).doesNotExist();
  }

  @Test
  void aSourceThatBecomesShorterIsLost() throws Exception {
    Files.write(directory().resolve("other"), random(2_000_000));
    try (Store store = open();
        StoredBytes source = store.open("other").orElseThrow();
        Upload upload = store.begin("archive.tar")) {
      upload.copy(source, 0, 1_000_000);
      try (RandomAccessFile file =
          new RandomAccessFile(directory().resolve("other").toFile(), "rw")) {
        file.setLength(1_500_000);
      }
      assertThatThrownBy(
              () -> {
                upload.copy(source, 1_000_000, 1_000_000);
                upload.publish(List.of());
              })
          .isInstanceOf(SourceLost.class);
    }
  }

  /** It is open: who deletes it, or gives its name to another file, takes nothing away. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSourceThatLosesItsNameIsCopiedOn(boolean replaced) throws Exception {
    byte[] other = random(3_000_000);
    Path path = Files.write(directory().resolve("other"), other);
    try (Store store = open();
        StoredBytes source = store.open("other").orElseThrow();
        Upload upload = store.begin("archive.tar")) {
      upload.copy(source, 0, 1_000_000);
      if (replaced) {
        Path another = Files.write(directory().resolve("another"), random(3_000_000));
        Files.move(another, path, StandardCopyOption.REPLACE_EXISTING);
      } else {
        Files.delete(path);
      }
      upload.copy(source, 1_000_000, 2_000_000);
      upload.publish(List.of());
    }
    assertThat(directory().resolve("archive.tar")).hasBinaryContent(other);
  }

  @Test
  void goesOnInTheMiddleOfACopy() throws Exception {
    byte[] other = random(3_000_000);
    Files.write(directory().resolve("other"), other);
    try (Store store = open();
        StoredBytes source = store.open("other").orElseThrow()) {
      Upload begun = store.begin("archive.tar");
      begun.copy(source, 0, 1_000_000);
      begun.write(new byte[1], 0, 1);
      settle(begun, 1_000_001);
      begun.suspend();
      byte[] expected = Arrays.copyOf(other, 3_000_000);
      List<Chunk> acknowledged = List.of(chunk(expected, 0, 600_000));
      try (Upload upload = store.resume("archive.tar", acknowledged).orElseThrow()) {
        assertThat(upload.resumedAt()).isEqualTo(600_000);
        upload.copy(source, 0, 3_000_000);
        upload.publish(List.of(chunk(expected, 500_000, 700_000)));
      }
    }
    assertThat(Files.readAllBytes(directory().resolve("archive.tar"))).isEqualTo(other);
  }

  /** Waits until the storage has so much. */
  private static void settle(Upload upload, long bytes) throws Exception {
    byte[] more = new byte[300_000];
    while (upload.acknowledged() < bytes) {
      upload.write(more, 0, more.length);
    }
  }

  private static void writeInPieces(Upload upload, byte[] content) throws Failure {
    int piece = 77_777;
    for (int at = 0; at < content.length; at += piece) {
      upload.write(content, at, Math.min(piece, content.length - at));
    }
  }

  @Test
  void goesOnWithWhatWasSuspended() throws Exception {
    byte[] content = random(3_000_000);
    Path part = directory().resolve(".archive.tar.part");
    try (Store store = open();
        Upload upload = store.begin("archive.tar")) {
      assertThat(upload.resumedAt()).isZero();
      assertThat(upload.acknowledged()).isZero();
      upload.write(content, 0, 2_000_000);
      assertThat(upload.acknowledged()).isBetween(0L, 2_000_000L);
      while (Files.size(part) < 1_000_000) { // Some bytes may still be on their way.
        Thread.sleep(5);
      }
      upload.suspend();
      upload.suspend();
    }
    assertThat(names()).containsExactly(".archive.tar.part");
    try (Store store = open();
        Upload upload =
            store
                .resume(
                    "archive.tar",
                    List.of(chunk(content, 0, 900_000), chunk(content, 900_000, 1_000_000)))
                .orElseThrow()) {
      assertThat(upload.resumedAt()).isEqualTo(1_000_000);
      assertThat(upload.acknowledged()).isEqualTo(1_000_000);
      assertThat(upload.position()).isZero();
      writeInPieces(upload, content);
      assertThat(upload.position()).isEqualTo(content.length);
      assertThat(upload.publish(sha256(content))).isEqualTo(verification());
    }
    assertThat(directory().resolve("archive.tar")).hasBinaryContent(content);
    assertThat(names()).containsExactly("archive.tar");
  }

  @Test
  void goesOnWhereTheLastWholeChunkEnds() throws Exception {
    byte[] content = random(1_000_000);
    Path part = leave(Arrays.copyOf(content, 650_000));
    List<Chunk> acknowledged =
        List.of(
            chunk(content, 0, 300_000),
            chunk(content, 300_000, 600_000),
            chunk(content, 600_000, 900_000));
    try (Store store = open();
        Upload upload = store.resume("archive.tar", acknowledged).orElseThrow()) {
      assertThat(upload.resumedAt()).isEqualTo(600_000);
      assertThat(part).hasSize(600_000);
      writeInPieces(upload, content);
      upload.publish(sha256(content));
    }
    assertThat(directory().resolve("archive.tar")).hasBinaryContent(content);
  }

  @Test
  void publishesNothingThatDiffersBeforeWhereItWentOn() throws Exception {
    byte[] content = random(600_000);
    byte[] stored = content.clone();
    stored[17] ^= 1;
    leave(stored);
    try (Store store = open()) {
      try (Upload upload =
          store
              .resume(
                  "archive.tar",
                  List.of(chunk(content, 0, 300_000), chunk(content, 300_000, 600_000)))
              .orElseThrow()) {
        writeInPieces(upload, content);
        assertStorageFailure(() -> upload.publish(sha256(content)), "archive.tar");
      }
      assertThat(names()).isEmpty();
    }
  }

  @Test
  void publishesNothingOfAStreamThatIsShorterThanBefore() throws Exception {
    byte[] content = random(600_000);
    leave(content);
    try (Store store = open();
        Upload upload =
            store.resume("archive.tar", List.of(chunk(content, 0, 600_000))).orElseThrow()) {
      upload.write(content, 0, 500_000);
      byte[] digest = sha256(Arrays.copyOf(content, 500_000));
      assertStorageFailure(() -> upload.publish(digest), "archive.tar");
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void doesNotGoOnWithWhatIsNotThere() throws Exception {
    byte[] content = random(1000);
    try (Store store = open()) {
      assertThat(store.resume("archive.tar", List.of(chunk(content, 0, 1000)))).isEmpty();
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void doesNotGoOnWithWhatDiffersOrIsTooShort() throws Exception {
    byte[] content = random(1000);
    Path part = leave(content);
    Chunk first = chunk(content, 0, 500);
    try (Store store = open()) {
      assertThat(store.resume("archive.tar", List.of())).isEmpty();
      assertThat(store.resume("archive.tar", List.of(first, new Chunk(500, 500, new byte[32]))))
          .isEmpty();
      assertThat(store.resume("archive.tar", List.of(new Chunk(0, 1001, new byte[32])))).isEmpty();
      assertThatThrownBy(() -> store.resume("archive.tar", List.of(first, first)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(part).hasBinaryContent(content);
  }

  @Test
  void goesOnThroughNoLinkAndWithNoFolder() throws Exception {
    byte[] content = random(1000);
    Path victim = Files.write(directory().resolve("victim"), content);
    Files.createSymbolicLink(directory().resolve(".archive.tar.part"), victim);
    Files.createDirectory(directory().resolve(".folder.tar.part"));
    List<Chunk> acknowledged = List.of(chunk(content, 0, 500));
    try (Store store = open()) {
      assertThat(store.resume("archive.tar", acknowledged)).isEmpty();
      assertThat(store.resume("folder.tar", acknowledged)).isEmpty();
      store.discard("archive.tar");
      assertStorageFailure(() -> store.discard("folder.tar"), ".folder.tar.part");
    }
    assertThat(victim).hasBinaryContent(content);
    assertThat(names()).containsExactly(".folder.tar.part", "victim");
  }

  @Test
  void removesWhatWentOnAndWasNotPublished() throws Exception {
    byte[] content = random(1000);
    leave(content);
    try (Store store = open()) {
      store.resume("archive.tar", List.of(chunk(content, 0, 500))).orElseThrow().close();
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void replacesASmallFile() throws Exception {
    Path file = directory().resolve("note");
    Path part = directory().resolve(".note.part");
    byte[] longer = new byte[300_000];
    new Random(3).nextBytes(longer);
    try (Store store = open()) {
      for (byte[] content : List.of(new byte[] {1, 2, 3}, longer, new byte[0])) {
        // As one leaves it that was cut off.
        Files.write(part, new byte[] {9});
        store.replace("note", content);
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .isEqualTo("rw-------");
        assertThat(part).doesNotExist();
      }
      // Not what a link leads to, but the link.
      Path other = Files.write(directory().resolve("other"), new byte[] {7});
      Files.delete(file);
      Files.createSymbolicLink(file, other);
      store.replace("note", new byte[] {8});
      assertThat(Files.isSymbolicLink(file)).isFalse();
      assertThat(Files.readAllBytes(other)).containsExactly(7);

      Files.createDirectory(directory().resolve("folder"));
      assertStorageFailure(
          () -> store.replace("folder", new byte[] {1}), "cannot write ", "/folder: ");
      assertThat(directory().resolve(".folder.part")).doesNotExist();
    }
  }

  @Test
  void discardsWhatWasLeft() throws Exception {
    leave(new byte[10]);
    Files.writeString(directory().resolve("archive.tar"), "published");
    try (Store store = open()) {
      store.discard("archive.tar");
      store.discard("archive.tar");
    }
    assertThat(names()).containsExactly("archive.tar");
  }

  @Test
  void isProbedWithoutATrace() throws Exception {
    Files.writeString(directory().resolve(".taken.tar.part"), "mine");
    Files.createSymbolicLink(directory().resolve(".link.tar.part"), Path.of("nowhere"));
    try (Store store = open()) {
      Instant written = store.probe("archive.tar");
      assertThat(written).isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
      assertStorageFailure(() -> store.probe("taken.tar"), ".taken.tar.part");
      assertStorageFailure(() -> store.probe("link.tar"), ".link.tar.part");
      assertThatThrownBy(() -> store.probe("../x")).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(directory().resolve(".taken.tar.part")).hasContent("mine");
    assertThat(names()).containsExactlyInAnyOrder(".taken.tar.part", ".link.tar.part");
  }

  @Test
  void suspendsQuicklyWhenInterrupted() throws Exception {
    try (Store store = open()) {
      Upload upload = store.begin("archive.tar");
      upload.write(random(1_000_000), 0, 1_000_000);
      Thread.currentThread().interrupt();
      long start = System.nanoTime();
      upload.suspend();
      upload.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(names()).containsExactly(".archive.tar.part");
  }

  @Test
  void tellsHowMuchIsFree() throws Exception {
    long free = Files.getFileStore(directory()).getUsableSpace();
    try (Store store = open()) {
      assertThat(store.free().orElseThrow())
          .isCloseTo(free, Offset.offset(Math.max(free / 10, 1L << 30)));
    }
  }

  @Test
  void deletesOneFile() throws Exception {
    Files.writeString(directory().resolve("old"), "");
    Files.writeString(directory().resolve("new"), "");
    try (Store store = open()) {
      store.delete("old");
      store.delete("old");
    }
    assertThat(names()).containsExactly("new");
  }

  @Test
  void deletesALinkNotItsTarget() throws Exception {
    Files.writeString(directory().resolve("target"), "");
    Files.createSymbolicLink(directory().resolve("link"), Path.of("target"));
    try (Store store = open()) {
      store.delete("link");
    }
    assertThat(names()).containsExactly("target");
  }

  @Test
  void deletesNoDirectory() throws Exception {
    Files.createDirectory(directory().resolve("folder"));
    try (Store store = open()) {
      assertStorageFailure(() -> store.delete("folder"), "folder");
    }
    assertThat(names()).containsExactly("folder");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../a", "/etc/passwd", "a/b", "a\0b"})
  void refusesWhatIsNotAPlainName(String name) throws Exception {
    try (Store store = open()) {
      assertThatThrownBy(() -> store.begin(name)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.read(name, 1)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.delete(name)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.resume(name, List.of()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.discard(name)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void namesItsFolder() throws Exception {
    try (Store store = open()) {
      assertThat(store.folder()).startsWith("/");
      assertThat(store.location()).contains(store.folder());
    }
  }

  /** The names in {@link #directory}, sorted. */
  protected final List<String> names() throws Exception {
    try (Stream<Path> files = Files.list(directory())) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** One clear line with {@code parts} in it, and the exit code of a storage failure. */
  protected static void assertStorageFailure(ThrowingCallable action, String... parts) {
    assertFailure(ExitCode.STORAGE, action, parts);
  }

  /** One clear line with {@code parts} in it. */
  protected static void assertFailure(ExitCode code, ThrowingCallable action, String... parts) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.exitCode()).isEqualTo(code);
              assertThat(failure.getMessage()).contains(parts).doesNotContain("\n", "Exception");
            });
  }

  /** Bytes that compress badly and are the same in every run. */
  protected static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  protected static byte[] sha256(byte[] bytes) throws Exception {
    return MessageDigest.getInstance("SHA-256").digest(bytes);
  }

  /** Whether {@code file} is there, as itself and not through a link. */
  protected static boolean exists(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }
}
