package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.age.AgeFiles;
import io.plasmabackup.age.Payload;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any range of an encrypted file, and nothing that isn't what was encrypted. */
class DecryptedStoreTest {

  private static final String NAME = "20260105-0300-daily.tar.age";
  private static final int LARGE = 300_000_000;

  @TempDir static Path keys;
  @TempDir Path folder;

  private static AgeFiles.KeyFile key;

  @BeforeAll
  static void makeKey() throws Exception {
    Requires.tool("age");
    key = AgeFiles.age(keys);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private Store open() throws Exception {
    return new DecryptedStore(LocalStore.open(folder), key.identities());
  }

  private byte[] read() throws Exception {
    try (Store store = open();
        StoredBytes bytes = store.open(NAME).orElseThrow();
        InputStream all = bytes.stream(0)) {
      return all.readAllBytes();
    }
  }

  /** What the tool has encrypted is read from anywhere, in any order, as what it decrypts. */
  @Test
  void rangesOfALargeFile() throws Exception {
    Path plain = keys.resolve("plain");
    Random random = new Random(7);
    byte[] content = new byte[LARGE];
    random.nextBytes(content);
    Files.write(plain, content);
    Command.run(
        "age", "-r", key.recipient(), "-o", folder.resolve(NAME).toString(), plain.toString());
    Files.delete(plain);
    byte[] buffer = new byte[1 << 20];
    try (Store store = open();
        StoredBytes bytes = store.open(NAME).orElseThrow()) {
      assertThat(bytes.size()).isEqualTo(LARGE);
      for (int i = 0; i < 500; i++) {
        int at = random.nextInt(LARGE);
        int length = random.nextInt(buffer.length);
        int expected = Math.min(length, LARGE - at);
        assertThat(bytes.read(at, buffer, 0, length)).isEqualTo(expected);
        assertThat(Arrays.mismatch(buffer, 0, expected, content, at, at + expected)).isEqualTo(-1);
      }
      for (int i = 0; i < 20; i++) {
        int at = random.nextInt(LARGE);
        int skipped = random.nextInt(1 << 20);
        int from = Math.min(at + skipped, LARGE);
        try (InputStream stream = bytes.stream(at)) {
          stream.skipNBytes(from - at);
          int count = stream.readNBytes(buffer, 0, buffer.length);
          assertThat(count).isEqualTo(Math.min(buffer.length, LARGE - from));
          assertThat(Arrays.mismatch(buffer, 0, count, content, from, from + count)).isEqualTo(-1);
        }
      }
      try (InputStream stream = bytes.stream(0)) {
        int at = 0;
        for (int count; (count = stream.readNBytes(buffer, 0, buffer.length)) > 0; at += count) {
          assertThat(Arrays.mismatch(buffer, 0, count, content, at, at + count)).isEqualTo(-1);
        }
        assertThat(at).isEqualTo(LARGE);
      }
      assertThat(bytes.read(LARGE, buffer, 0, 1)).isZero();
      assertThat(bytes.file()).isEmpty();
    }
  }

  private void store(byte[] content) throws Exception {
    Files.write(folder.resolve(NAME), AgeFiles.encrypted(content, List.of(key.recipient())));
  }

  private void assertDamaged(String why) {
    Failure failure =
        Failure.behind(catchThrowableOfType(Exception.class, this::read)).orElseThrow();
    assertThat(failure.exitCode()).isEqualTo(ExitCode.DAMAGED);
    assertThat(failure).hasMessageContaining(NAME).hasMessageContaining(why);
  }

  @Test
  void everyByteIsAuthenticated() throws Exception {
    store(random(3 * Payload.CHUNK + 5));
    byte[] whole = Files.readAllBytes(folder.resolve(NAME));
    int header = whole.length - (int) Payload.stored(3 * Payload.CHUNK + 5);
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] changed = whole.clone();
      changed[random.nextInt(header, whole.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(folder.resolve(NAME), changed);
      assertDamaged("are not what was encrypted");
    }
    // The nonce before the payload decides about all of it.
    whole[header - 1] ^= 1;
    Files.write(folder.resolve(NAME), whole);
    assertDamaged("are not what was encrypted");
  }

  @Test
  void truncationIsNoticedWhenItIsOpened() throws Exception {
    store(random(3 * Payload.CHUNK));
    for (int cut : new int[] {1, 16, 17, 1000, Payload.STORED_CHUNK, 2 * Payload.STORED_CHUNK}) {
      store(random(3 * Payload.CHUNK));
      truncate(cut);
      assertThatThrownBy(
              () -> {
                try (Store store = open()) {
                  store.open(NAME);
                }
              })
          .as("%d bytes cut off", cut)
          .isInstanceOfSatisfying(
              Failure.class, failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.DAMAGED));
    }
    store(random(3 * Payload.CHUNK));
    truncate(3 * Payload.STORED_CHUNK);
    assertDamaged("not as long as any age file");
  }

  private void truncate(int cut) throws IOException {
    try (FileChannel file = FileChannel.open(folder.resolve(NAME), StandardOpenOption.WRITE)) {
      file.truncate(file.size() - cut);
    }
  }

  @Test
  void chunksInAnotherOrderAreNoticed() throws Exception {
    store(random(4 * Payload.CHUNK));
    byte[] whole = Files.readAllBytes(folder.resolve(NAME));
    int header = whole.length - (int) Payload.stored(4 * Payload.CHUNK);
    byte[] swapped = whole.clone();
    System.arraycopy(whole, header, swapped, header + Payload.STORED_CHUNK, Payload.STORED_CHUNK);
    System.arraycopy(whole, header + Payload.STORED_CHUNK, swapped, header, Payload.STORED_CHUNK);
    Files.write(folder.resolve(NAME), swapped);
    assertDamaged("are not what was encrypted");
    // The last one twice.
    byte[] longer = Arrays.copyOf(whole, whole.length + Payload.STORED_CHUNK);
    System.arraycopy(
        whole, whole.length - Payload.STORED_CHUNK, longer, whole.length, Payload.STORED_CHUNK);
    Files.write(folder.resolve(NAME), longer);
    assertDamaged("are not what was encrypted");
  }

  @Test
  void otherFilesAreReadAsTheyAre() throws Exception {
    Files.write(folder.resolve("20260105-0300-daily.tar"), random(10));
    try (Store store = open();
        StoredBytes bytes = store.open("20260105-0300-daily.tar").orElseThrow()) {
      assertThat(bytes.size()).isEqualTo(10);
      assertThat(store.open(NAME)).isEmpty();
    }
    Files.write(folder.resolve(NAME), random(1000));
    assertDamaged("does not begin as an age file does");
    Files.write(folder.resolve(NAME), new byte[0]);
    assertDamaged("does not begin as an age file does");
  }

  @Test
  void withoutAKeyOneIsTold() throws Exception {
    store(random(10));
    try (Store store = new DecryptedStore(LocalStore.open(folder), List.of())) {
      assertThatThrownBy(() -> store.open(NAME))
          .isInstanceOf(KeyMissing.class)
          .hasMessageContaining("--identity");
    }
    try (Store store =
        new DecryptedStore(LocalStore.open(folder), AgeFiles.age(keys).identities())) {
      assertThatThrownBy(() -> store.open(NAME))
          .isInstanceOf(KeyMissing.class)
          .hasMessageContaining("none of the given identities");
    }
  }
}
