package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.age.PayloadKey;
import io.plasmabackup.age.Recipient;
import io.plasmabackup.archive.EncryptingSink;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.PartialLost;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is sent that isn't in the journal, and nothing else in the place of what was sent. */
class SentPiecesTest {

  private static final int LENGTH = 50 << 20;

  @TempDir Path temp;
  private StateFolder state;
  private RunJournal journal;
  private PayloadKey key;
  private final byte[] content = new byte[LENGTH];

  @BeforeEach
  void setUp() throws Exception {
    state = StateFolder.open(temp.resolve("state"), "test");
    journal =
        state
            .part(Optional.empty())
            .begin(
                JournalRecords.begun(
                    "20260101T000000Z-0123abcd",
                    Instant.EPOCH.atZone(ZoneOffset.UTC),
                    "settings",
                    "here",
                    "19700101-0000-daily.tar.age"));
    key =
        PayloadKey.create(
            List.of(
                Recipient.parse("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")));
    new Random(5).nextBytes(content);
  }

  @AfterEach
  void tearDown() throws Exception {
    journal.close();
    state.close();
  }

  /** Encrypts, up to the first failure; what was sent by then. */
  private byte[] send(byte[] what, List<Chunk> earlier, int breakAfter) throws Exception {
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    SentPieces pieces =
        new SentPieces(
            journal, earlier, true, SegmentListener.NONE, new Log("test", System.out, System.err));
    EncryptingSink sink =
        EncryptingSink.ofArchive(
            bytes -> {
              // All of it is in the journal by now.
              long logged = logged();
              byte[] copy = new byte[bytes.remaining()];
              bytes.get(copy);
              sent.writeBytes(copy);
              assertThat(logged).isGreaterThanOrEqualTo(sent.size());
              if (sent.size() > breakAfter) {
                throw new io.plasmabackup.Failure(io.plasmabackup.ExitCode.STORAGE, "cut off");
              }
            },
            key,
            pieces);
    try {
      Random random = new Random(3);
      for (int at = 0; at < what.length; ) {
        int length = Math.min(what.length - at, 1 + random.nextInt(3 << 20));
        sink.write(ByteBuffer.wrap(what, at, length));
        at += length;
      }
      sink.end();
    } catch (PartialLost e) {
      throw e;
    } catch (io.plasmabackup.Failure cutOff) {
      assertThat(cutOff).hasMessage("cut off");
    }
    return sent.toByteArray();
  }

  private long logged() throws io.plasmabackup.Failure {
    List<Chunk> chunks = journal.goOnWithKey();
    return chunks.isEmpty() ? 0 : chunks.getLast().end();
  }

  @Test
  void theSameContentGoesTheSameWayAgain() throws Exception {
    journal.encryptWith(key.toBytes());
    byte[] first = send(content, List.of(), 20 << 20);
    assertThat(first.length).isBetween(20 << 20, LENGTH);
    byte[] again = send(content, journal.goOnWithKey(), LENGTH * 2);
    assertThat(again.length).isGreaterThan(LENGTH);
    assertThat(Arrays.mismatch(first, again)).isEqualTo(first.length);
  }

  @Test
  void otherContentIsNotSentFromTheFirstPieceOnThatDiffers() throws Exception {
    journal.encryptWith(key.toBytes());
    byte[] first = send(content, List.of(), 40 << 20);
    // Within what was sent last, which nobody has confirmed.
    byte[] other = content.clone();
    other[first.length - 100_000] ^= 1;
    List<Chunk> earlier = journal.goOnWithKey();
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    EncryptingSink sink =
        EncryptingSink.ofArchive(
            bytes -> {
              byte[] copy = new byte[bytes.remaining()];
              bytes.get(copy);
              sent.writeBytes(copy);
            },
            key,
            new SentPieces(
                journal,
                earlier,
                true,
                SegmentListener.NONE,
                new Log("test", System.out, System.err)));
    assertThatThrownBy(
            () -> {
              sink.write(ByteBuffer.wrap(other));
              sink.end();
            })
        .isInstanceOf(PartialLost.class)
        .hasMessageContaining("another key");
    assertThat(Arrays.mismatch(sent.toByteArray(), first)).isEqualTo(sent.size());
    assertThat(sent.size()).isLessThan(first.length);
  }

  @Test
  void aLogThatIsNotWholeHasNoKey() throws Exception {
    journal.encryptWith(key.toBytes());
    send(content, List.of(), LENGTH * 2);
    assertThat(journal.key()).contains(key.toBytes());
    Path log;
    try (var files = Files.walk(temp.resolve("state"))) {
      log = files.filter(file -> file.endsWith("sent")).findFirst().orElseThrow();
    }
    byte[] whole = Files.readAllBytes(log);
    Files.write(log, Arrays.copyOf(whole, whole.length - 5));
    assertThat(journal.key()).isEmpty();
    whole[whole.length / 2] ^= 1;
    Files.write(log, whole);
    assertThat(journal.key()).isEmpty();
    Files.delete(log);
    assertThat(journal.key()).isEmpty();
  }

  @Test
  void aNewKeyForgetsWhatWasSentWithTheOther() throws Exception {
    journal.encryptWith(key.toBytes());
    send(content, List.of(), LENGTH * 2);
    PayloadKey other =
        PayloadKey.create(
            List.of(
                Recipient.parse("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")));
    journal.encryptWith(other.toBytes());
    assertThat(journal.goOnWithKey()).isEmpty();
    assertThat(journal.key()).contains(other.toBytes());
    journal.forgetKey();
    assertThat(journal.key()).isEmpty();
  }
}
