package io.plasmabackup.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is encrypted here, age's own tool reads, and the other way round. */
class AgeToolTest {

  @TempDir static Path folder;

  private static AgeFiles.KeyFile x25519;
  private static AgeFiles.KeyFile other;
  private static AgeFiles.KeyFile ed25519;
  private static AgeFiles.KeyFile rsa;
  private static AgeFiles.KeyFile oldRsa;
  private static List<AgeFiles.KeyFile> keys;

  @BeforeAll
  static void makeKeys() throws Exception {
    Requires.tool("age");
    Requires.tool("ssh-keygen");
    x25519 = AgeFiles.age(folder);
    other = AgeFiles.age(folder);
    ed25519 = AgeFiles.ssh(folder, "-t", "ed25519", "-N", "", "-C", "somebody's key");
    rsa = AgeFiles.ssh(folder, "-t", "rsa", "-b", "3072", "-N", "", "-C", "");
    oldRsa = AgeFiles.ssh(folder, "-t", "rsa", "-b", "2048", "-N", "", "-m", "PEM");
    keys = List.of(x25519, other, ed25519, rsa, oldRsa);
  }

  private static byte[] content(int length) {
    byte[] content = new byte[length];
    new Random(length).nextBytes(content);
    return content;
  }

  @Test
  void toolReadsWhatEachKindOfKeyIsFor() throws Exception {
    byte[] content = content(200_000);
    for (AgeFiles.KeyFile key : keys) {
      Path file = Files.write(folder.resolve("one.age"), encrypted(content, key));
      assertThat(AgeFiles.byTool(file, key.file(), folder)).isEqualTo(content);
      assertThat(AgeFiles.decrypted(Files.readAllBytes(file), key.identities())).isEqualTo(content);
    }
  }

  private static byte[] encrypted(byte[] content, AgeFiles.KeyFile... to) throws Exception {
    List<String> recipients = new ArrayList<>();
    for (AgeFiles.KeyFile key : to) {
      recipients.add(key.recipient());
    }
    return AgeFiles.encrypted(content, recipients);
  }

  @Test
  void eachOfSeveralRecipientsReadsIt() throws Exception {
    byte[] content = content(100_000);
    Path file =
        Files.write(
            folder.resolve("all.age"), encrypted(content, keys.toArray(AgeFiles.KeyFile[]::new)));
    for (AgeFiles.KeyFile key : keys) {
      assertThat(AgeFiles.byTool(file, key.file(), folder)).isEqualTo(content);
      assertThat(AgeFiles.decrypted(Files.readAllBytes(file), key.identities())).isEqualTo(content);
    }
  }

  @Test
  void weReadWhatTheToolWrites() throws Exception {
    byte[] content = content(131_072);
    Path plain = Files.write(folder.resolve("plain"), content);
    Path file = folder.resolve("tool.age");
    List<String> command = new ArrayList<>(List.of("age", "-o", file.toString()));
    for (AgeFiles.KeyFile key : keys) {
      command.addAll(List.of("-r", key.recipient()));
    }
    command.add(plain.toString());
    Command.run(command.toArray(String[]::new));
    for (AgeFiles.KeyFile key : keys) {
      assertThat(AgeFiles.decrypted(Files.readAllBytes(file), key.identities())).isEqualTo(content);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 1_000_000})
  void lengthsAroundTheEndsOfChunks(int length) throws Exception {
    byte[] content = content(length);
    byte[] file = encrypted(content, x25519);
    Path path = Files.write(folder.resolve("length.age"), file);
    assertThat(AgeFiles.byTool(path, x25519.file(), folder)).isEqualTo(content);
    assertThat(AgeFiles.decrypted(file, x25519.identities())).isEqualTo(content);
    int header = file.length - (int) Payload.stored(length);
    assertThat(file).startsWith("age-encryption.org/v1\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(Payload.content(file.length - header)).hasValue(length);
  }

  @Test
  void noPayloadHasALengthBetween() {
    assertThat(Payload.content(0)).isEmpty();
    assertThat(Payload.content(15)).isEmpty();
    assertThat(Payload.content(16)).hasValue(0);
    assertThat(Payload.content(Payload.STORED_CHUNK)).hasValue(Payload.CHUNK);
    for (int more = 1; more <= 16; more++) {
      assertThat(Payload.content(Payload.STORED_CHUNK + more)).isEmpty();
    }
    assertThat(Payload.content(Payload.STORED_CHUNK + 17)).hasValue(Payload.CHUNK + 1);
  }

  @Test
  void twoFilesHaveNothingInCommon() throws Exception {
    byte[] content = content(1000);
    byte[] one = encrypted(content, x25519);
    byte[] another = encrypted(content, x25519);
    assertThat(one).hasSameSizeAs(another);
    assertThat(Arrays.copyOfRange(one, one.length - 1016, one.length))
        .isNotEqualTo(Arrays.copyOfRange(another, another.length - 1016, another.length));
  }

  @Test
  void theSameKeyGivesTheSameFileAgain() throws Exception {
    PayloadKey key = PayloadKey.create(List.of(Recipient.parse(x25519.recipient())));
    PayloadKey kept = PayloadKey.fromBytes(key.toBytes()).orElseThrow();
    byte[] content = content(300_000);
    assertThat(AgeFiles.encrypted(content, kept)).isEqualTo(AgeFiles.encrypted(content, key));
    assertThat(PayloadKey.fromBytes(new byte[32])).isEmpty();
  }

  @Test
  void nobodyElseReadsIt() throws Exception {
    byte[] file = encrypted(content(10), x25519, ed25519);
    assertThatThrownBy(() -> AgeFiles.decrypted(file, other.identities()))
        .isInstanceOf(NotForUs.class);
    assertThatThrownBy(() -> AgeFiles.decrypted(file, rsa.identities()))
        .isInstanceOf(NotForUs.class);
  }

  @Test
  void everyBitOfAHeaderCounts() throws Exception {
    byte[] content = content(100);
    byte[] file = encrypted(content, ed25519, x25519);
    List<Identity> identities = x25519.identities();
    for (int i = 0; i < file.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] changed = file.clone();
        changed[i] ^= (byte) (1 << bit);
        assertThatThrownBy(() -> AgeFiles.decrypted(changed, identities))
            .as("bit %d of byte %d", bit, i)
            .isInstanceOfAny(
                NotForUs.class,
                MalformedHeader.class,
                GeneralSecurityException.class,
                NoSuchElementException.class);
      }
    }
  }
}
