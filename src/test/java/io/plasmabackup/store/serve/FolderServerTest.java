package io.plasmabackup.store.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeakedFds.class)
class FolderServerTest {

  private static final String SOURCE = "20260105-0200-weekly.tar";
  private static final String TARGET = "20260106-0200-daily.tar";
  private static final String GREETING = "plasma-store 1 9.9";
  private static final String OPEN = "source " + SOURCE + " 20000 1000\ntarget " + TARGET + "\n";

  @TempDir private Path folder;
  private byte[] content;
  private Path source;
  private Path target;

  @BeforeEach
  void makeFiles() throws IOException {
    content = new byte[20_000];
    new Random(1).nextBytes(content);
    source = Files.write(folder.resolve(SOURCE), content);
    Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000));
    target = Files.write(folder.resolve("." + TARGET + ".part"), new byte[] {1, 2, 3});
  }

  /** The answers to some requests, without the greeting. */
  private List<String> answers(String requests) throws Failure {
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    try (FolderServer server = FolderServer.open(folder)) {
      server.serve("9.9", new ByteArrayInputStream(bytes(requests)), answers);
    }
    return withoutGreeting(answers);
  }

  private static byte[] bytes(String requests) {
    return requests.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static List<String> withoutGreeting(ByteArrayOutputStream answers) {
    String text = answers.toString(StandardCharsets.US_ASCII);
    assertThat(text).endsWith("\n");
    List<String> lines = text.lines().toList();
    assertThat(lines).first().isEqualTo(GREETING);
    return lines.subList(1, lines.size());
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void copiesAndChecks() throws Exception {
    byte[] copied = Arrays.copyOfRange(content, 4096, 4096 + 15_000);
    byte[] expected = new byte[4096 + 15_000];
    expected[0] = 1;
    expected[1] = 2;
    expected[2] = 3;
    System.arraycopy(copied, 0, expected, 4096, copied.length);
    List<String> answers =
        answers(
            OPEN
                + "copy 4096 15000 4096\n"
                + "check 4096 "
                + sha256(Arrays.copyOf(expected, 4096))
                + "\ncheck 15000 "
                + sha256(copied)
                + "\ndigest\ncheck 1 "
                + sha256(new byte[1])
                + "\n");
    assertThat(answers.get(0)).isIn("ok shares", "ok copies");
    assertThat(answers.get(1)).isEqualTo("ok");
    assertThat(answers.get(2)).isIn("ok 12288 2712", "ok 0 15000");
    assertThat(answers.subList(3, answers.size()))
        .containsExactly("ok", "ok", "ok 19096 " + sha256(expected), "differs");
    assertThat(target).hasBinaryContent(expected);
    assertThat(source).hasBinaryContent(content);
  }

  @Test
  void seesWhatDiffers() throws Exception {
    String zeros = sha256(new byte[3]);
    assertThat(answers(OPEN + "check 3 " + zeros + "\n")).endsWith("differs");
    assertThat(answers(OPEN + "check 4 " + sha256(new byte[] {1, 2, 3}) + "\n"))
        .endsWith("differs");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "source ../" + SOURCE + " 20000 1000",
        "source ./" + SOURCE + " 20000 1000",
        "source /etc/passwd 20000 1000",
        "source passwd 20000 1000",
        "source .. 20000 1000",
        "source  20000 1000",
        "source 20260231-0200-daily.tar 20000 1000",
        "source 20260107-0200-daily.tar 20000 1000",
        "source 20260108-0200-daily.tar 20000 1000",
        "source 20260109-0200-daily.tar 20000 1000",
        "source 20260110-0200-daily.tar 20000 1000",
        "source " + SOURCE + ".index 20000 1000",
        "source ." + TARGET + ".part 3 1000",
        "source " + SOURCE + " 19999 1000",
        "source " + SOURCE + " 20000 1001",
        "target ../" + TARGET,
        "target ." + TARGET + ".part",
        "target " + SOURCE,
        "target 20260108-0200-daily.tar",
        "target 20260109-0200-daily.tar",
        "target 20260110-0200-daily.tar",
        "target 20260111-0200-daily.tar",
        "target ",
        "copy 0 1 0",
        "check 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "digest",
      })
  void refusesToOpenWhatIsNoArchive(String request) throws Exception {
    Files.createSymbolicLink(folder.resolve("20260108-0200-daily.tar"), source.getFileName());
    Files.createSymbolicLink(folder.resolve(".20260108-0200-daily.tar.part"), source.getFileName());
    Files.createDirectory(folder.resolve("20260109-0200-daily.tar"));
    Files.createDirectory(folder.resolve(".20260109-0200-daily.tar.part"));
    for (String fifo : List.of("20260110-0200-daily.tar", ".20260110-0200-daily.tar.part")) {
      assertThat(new ProcessBuilder("mkfifo", folder.resolve(fifo).toString()).start().waitFor())
          .isZero();
    }
    Files.createLink(folder.resolve(".20260111-0200-daily.tar.part"), source);
    List<String> before = names();
    List<String> answers = answers(request + "\n");
    assertThat(answers).hasSize(1).first().asString().startsWith("failed ");
    assertThat(names()).isEqualTo(before);
    assertThat(source).hasBinaryContent(content);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "copy 20000 1 0",
        "copy 19999 2 0",
        "copy 0 20001 0",
        "copy 999999999999999999 1 0",
        "copy 999999999999999999 1073741824 999999999999999999",
        "source " + SOURCE + " 20000 1000",
        "target " + TARGET,
      })
  void refusesWhatIsNotThere(String request) throws Exception {
    List<String> answers = answers(OPEN + request + "\n");
    assertThat(answers).hasSize(3).last().asString().startsWith("failed ");
    assertThat(target).hasBinaryContent(new byte[] {1, 2, 3});
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "hello",
        "COPY 0 1 0",
        "copy",
        "copy 0 1",
        "copy 0 1 0 0",
        "copy 0 1 0 ",
        "copy  0 1 0",
        "copy -1 1 0",
        "copy +1 1 0",
        "copy 01 1 0",
        "copy 0x1 1 0",
        "copy 1.0 1 0",
        "copy 0 0 0",
        "copy 0 1073741825 0",
        "copy 0 1 1000000000000000000",
        "copy 0 1 9223372036854775807",
        "copy 0 1 99999999999999999999999999",
        "copy 0 1 0\r",
        "copy 0 1 \0",
        "copy 0 1 \u00b2",
        "check 1 abcd",
        "check 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "check 0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "digest 1",
        "target",
        "source " + SOURCE,
        "source " + SOURCE + " x 1000",
      })
  void endsAtWhatIsNoRequest(String line) throws Exception {
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    try (FolderServer server = FolderServer.open(folder)) {
      ByteArrayInputStream requests =
          new ByteArrayInputStream(bytes(OPEN + line + "\ncopy 0 3 0\n"));
      assertThatThrownBy(() -> server.serve("9.9", requests, answers))
          .isInstanceOfSatisfying(
              Failure.class, failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.USAGE));
    }
    assertThat(withoutGreeting(answers)).hasSize(3).last().asString().startsWith("failed ");
    assertThat(target).hasBinaryContent(new byte[] {1, 2, 3});
  }

  @Test
  void endsAtALineThatHasNoEnd() throws Exception {
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    try (FolderServer server = FolderServer.open(folder)) {
      ByteArrayInputStream requests = new ByteArrayInputStream(bytes("x".repeat(10_000_000)));
      assertThatThrownBy(() -> server.serve("9.9", requests, answers)).isInstanceOf(Failure.class);
      assertThat(requests.available()).isGreaterThan(9_000_000);
    }
    assertThat(withoutGreeting(answers)).hasSize(1);
  }

  @Test
  void whatIsCutOffIsNoRequest() throws Exception {
    assertThat(answers(OPEN + "copy 0 3 0")).hasSize(2);
    assertThat(target).hasBinaryContent(new byte[] {1, 2, 3});
    assertThat(answers("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"shorter", "longer", "rewritten"})
  void noticesThatTheSourceChanges(String how) throws Exception {
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    ByteArrayInputStream requests = new ByteArrayInputStream(bytes(OPEN + "copy 0 3 0\n"));
    // Changes it when both are open.
    OutputStream changing =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new IllegalStateException("never byte by byte");
          }

          @Override
          public void write(byte[] line, int offset, int length) throws IOException {
            answers.write(line, offset, length);
            if (answers.toString(StandardCharsets.US_ASCII).lines().count() == 3) {
              Files.write(source, Arrays.copyOf(content, how.equals("shorter") ? 2 : 20_000));
              if (how.equals("longer")) {
                Files.write(source, new byte[20_001]);
              }
            }
          }
        };
    try (FolderServer server = FolderServer.open(folder)) {
      server.serve("9.9", requests, changing);
    }
    assertThat(withoutGreeting(answers)).last().asString().endsWith("has changed");
    assertThat(target).hasBinaryContent(new byte[] {1, 2, 3});
  }

  @Test
  void aSourceThatIsReplacedIsTheOneThatWasOpened() throws Exception {
    // Which no rename changes: its blocks are those that were meant.
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    ByteArrayInputStream requests = new ByteArrayInputStream(bytes(OPEN + "copy 0 3 0\n"));
    OutputStream replacing =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new IllegalStateException("never byte by byte");
          }

          @Override
          public void write(byte[] line, int offset, int length) throws IOException {
            answers.write(line, offset, length);
            if (answers.toString(StandardCharsets.US_ASCII).lines().count() == 3) {
              Files.delete(source);
              Files.write(source, new byte[20_000]);
            }
          }
        };
    try (FolderServer server = FolderServer.open(folder)) {
      server.serve("9.9", requests, replacing);
    }
    assertThat(withoutGreeting(answers)).last().asString().startsWith("ok ");
    assertThat(target).hasBinaryContent(Arrays.copyOf(content, 3));
  }

  @Test
  void whoTakesNoAnswersIsAFailure() throws Exception {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    try (FolderServer server = FolderServer.open(folder)) {
      assertThatThrownBy(() -> server.serve("9.9", new ByteArrayInputStream(bytes(OPEN)), closed))
          .isInstanceOf(Failure.class)
          .hasMessage("cannot answer: Broken pipe");
    }
  }

  @Test
  void needsAFolder() {
    for (Path path : List.of(folder.resolve("none"), source)) {
      assertThatThrownBy(() -> FolderServer.open(path))
          .isInstanceOfSatisfying(
              Failure.class, failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.STORAGE));
    }
  }

  /** Requests that are nearly right, and bytes that are none, in any order. */
  @Test
  void nothingThatComesInHarmsWhatIsThere() throws Exception {
    String[] words = {
      "source",
      "target",
      "copy",
      "check",
      "digest",
      SOURCE,
      TARGET,
      "..",
      "/",
      "0",
      "1",
      "4096",
      "20000",
      "1000",
      "999999999999999999",
      "-1",
      sha256(new byte[3]),
      "",
      " ",
      "\n",
      "\n",
      "\n",
      "\0",
      "\u00ff",
      OPEN,
      "copy 0 8192 4096\n",
    };
    for (int seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      StringBuilder requests = new StringBuilder();
      for (int i = random.nextInt(30); i > 0; i--) {
        requests
            .append(words[random.nextInt(words.length)])
            .append(random.nextBoolean() ? " " : "");
      }
      ByteArrayOutputStream answers = new ByteArrayOutputStream();
      try (FolderServer server = FolderServer.open(folder)) {
        server.serve("9.9", new ByteArrayInputStream(bytes(requests.toString())), answers);
      } catch (Failure malformed) {
        assertThat(malformed.exitCode()).as("seed " + seed).isEqualTo(ExitCode.USAGE);
      }
      assertThat(withoutGreeting(answers))
          .as("seed " + seed)
          .allMatch(line -> line.matches("ok.*|differs|failed .+"));
    }
    assertThat(source).hasBinaryContent(content);
    assertThat(names()).containsExactly("." + TARGET + ".part", SOURCE);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
