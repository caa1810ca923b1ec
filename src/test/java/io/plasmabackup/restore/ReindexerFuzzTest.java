package io.plasmabackup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.exclude.NamePattern;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.testing.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Whatever a tar has in it: it gets no index and is said to be damaged, or one by which everything
 * is found that reading it finds.
 */
class ReindexerFuzzTest {

  private static final int BLOCK = 512;
  private static final String PLAIN = "fuzz.tar";
  private static final String COMPRESSED = "fuzz.tar.zst";

  private static Path folder = Path.of("");

  @BeforeAll
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("plasma-fuzz");
  }

  @AfterAll
  static void removeFolder() {
    Command.run("rm", "-rf", folder.toString());
  }

  /** The first byte says how the rest, a tar, is stored. */
  @FuzzTest
  void anyBytes(byte[] bytes) throws IOException, Failure {
    if (bytes.length == 0) {
      return;
    }
    byte[] tar = Arrays.copyOfRange(bytes, 1, bytes.length);
    if ((bytes[0] & 1) != 0) {
      sumUp(tar);
    }
    boolean compressed = (bytes[0] & 2) != 0;
    Path archive = folder.resolve(compressed ? COMPRESSED : PLAIN);
    Path index = Path.of(archive + ".index");
    Files.deleteIfExists(index);
    Files.write(
        archive,
        compressed ? ((bytes[0] & 4) != 0 ? Zstd.compress(tar) : inFrames(tar, bytes[0])) : tar);
    try (Store store = LocalStore.open(folder)) {
      check(store, archive.getFileName().toString());
    } catch (Failure e) {
      assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(ExitCode.DAMAGED);
      assertThat(index).doesNotExist();
    }
    assertThat(folder.resolve("." + index.getFileName() + ".part")).doesNotExist();
  }

  private static void check(Store store, String name) throws Failure {
    Reindexer reindexer = new Reindexer(store, name, "test");
    Reindexed reindexed = reindexer.rebuild(store);
    // From here on all must be right.
    try {
      assertThat(reindexer.problem()).isEmpty();
      assertThat(new Verifier(store, name).full().members()).isEqualTo(reindexed.members());
      new Verifier(store, name).quick(new Random(1));
      List<Member> members = new ArrayList<>();
      List<String> notes = new ArrayList<>();
      try (Archive archive = Archive.open(store, name, notes::add)) {
        archive.members(NamePattern.ALL, members::add);
        for (Member member : members) {
          assertThat(archive.member(member.name()).name()).isEqualTo(member.name());
        }
        archive.at(RawPath.EMPTY);
      }
      assertThat(notes).isEmpty();
      assertThat(members).hasSize((int) reindexed.members());
    } catch (Failure e) {
      throw new AssertionError("after it was reindexed", e);
    }
  }

  /** Makes the sums of what may be headers right, without which nothing else is looked at. */
  private static void sumUp(byte[] tar) {
    for (int at = 0; at + BLOCK <= tar.length; at += BLOCK) {
      if (tar[at] != 0 && tar[at + 154] == 0) {
        Arrays.fill(tar, at + 148, at + 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
          sum += tar[at + i] & 0xff;
        }
        byte[] octal = "%06o\0".formatted(sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(octal, 0, tar, at + 148, octal.length);
      }
    }
  }

  private static byte[] inFrames(byte[] tar, int seed) {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    Random random = new Random(seed);
    for (int at = 0; at < tar.length; ) {
      int end = Math.min(tar.length, at + 1 + random.nextInt(3000));
      frames.writeBytes(Zstd.compress(Arrays.copyOfRange(tar, at, end)));
      at = end;
    }
    return frames.toByteArray();
  }
}
