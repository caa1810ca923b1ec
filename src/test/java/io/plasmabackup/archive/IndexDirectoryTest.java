package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexDirectoryTest {

  private static final int SEGMENTS = 40;
  private static final int MEMBERS = 300;

  private final ByteArrayOutputStream index = new ByteArrayOutputStream();
  private final StringBuilder lines = new StringBuilder();

  private void line(IndexFrames frames, String line) throws IOException {
    lines.append(line).append('\n');
    frames.text().write((line + '\n').getBytes(StandardCharsets.UTF_8));
  }

  /** About 3 MB of lines that look like an index's. */
  private byte[] write() throws IOException {
    try (IndexFrames frames = new IndexFrames(index)) {
      line(frames, "{\"format\":1}");
      for (int segment = 0; segment < SEGMENTS; segment++) {
        frames.beforeSegment();
        line(frames, "{\"segment\":" + segment + "}");
        for (int i = 0; i < MEMBERS; i++) {
          RawPath name = RawPath.of("folder-" + segment + "/\u00e4 name \" " + i);
          frames.member(() -> name);
          line(frames, "{\"name\":\"" + name + "\",\"why\":\"" + "x".repeat(200) + "\"}");
        }
      }
      frames.endFrame();
      line(frames, "{\"archiveSize\":1}");
      frames.writeDirectory(true);
    }
    return index.toByteArray();
  }

  private static IndexDirectory directory(byte[] index) throws IOException {
    int length =
        (int)
            IndexDirectory.length(
                Arrays.copyOfRange(index, index.length - IndexDirectory.FOOTER, index.length));
    assertThat(length).isPositive();
    return IndexDirectory.parse(
        Arrays.copyOfRange(index, index.length - length, index.length), index.length - length);
  }

  @Test
  void eachFrameCanBeReadByItself() throws Exception {
    byte[] written = write();

    IndexDirectory directory = directory(written);

    assertThat(directory.frames()).hasSizeBetween(4, 8);
    StringBuilder joined = new StringBuilder();
    long members = 0;
    for (Frame frame : directory.frames()) {
      String text =
          new String(
              Zstd.decompress(
                  Arrays.copyOfRange(written, (int) frame.at(), (int) frame.end()),
                  (int) frame.text()),
              StandardCharsets.UTF_8);
      assertThat(text).startsWith(joined.isEmpty() ? "{\"format\"" : "{\"").endsWith("}\n");
      members += frame.members();
      if (!frame.equals(directory.frames().getLast())) {
        assertThat(frame.text()).isLessThan(700_000);
        String first =
            text.lines().filter(line -> line.startsWith("{\"name")).findFirst().orElse("");
        assertThat(first).startsWith("{\"name\":\"" + frame.first().orElseThrow() + '"');
      }
      joined.append(text);
    }
    assertThat(joined).hasToString(lines.toString());
    assertThat(members).isEqualTo((long) SEGMENTS * MEMBERS);
    assertThat(directory.frames().getLast().text()).isEqualTo("{\"archiveSize\":1}\n".length());
    assertThat(directory.frames().getLast().first()).isEqualTo(Optional.empty());
  }

  @Test
  void whoeverReadsAllOfItSeesTheLinesOnly(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("index"), write());

    assertThat(
            new String(
                new ZstdInputStream(new ByteArrayInputStream(index.toByteArray())).readAllBytes(),
                StandardCharsets.UTF_8))
        .isEqualTo(lines.toString());
    assertThat(Command.run("zstd", "-dcq", "--", file.toString()))
        .isEqualTo(lines.toString().stripTrailing());
  }

  @Test
  void noneIsFoundWhereThereIsNone() {
    assertThat(IndexDirectory.length(new byte[] {0, 1, 2, 3, 4, 5, 6, 7})).isZero();
    assertThat(IndexDirectory.length(new byte[] {16, 0, 0, 0, 'P', 'I', 'D', 'X'})).isZero();
    assertThat(IndexDirectory.length(new byte[] {17, 0, 0, 0, 'P', 'I', 'D', 'X'})).isEqualTo(17);
  }

  @Test
  void aDamagedOneIsRefused() throws Exception {
    byte[] written = write();
    int length =
        (int)
            IndexDirectory.length(
                Arrays.copyOfRange(
                    written, written.length - IndexDirectory.FOOTER, written.length));
    byte[] good = Arrays.copyOfRange(written, written.length - length, written.length);
    int start = written.length - length;
    assertThatThrownBy(() -> IndexDirectory.parse(good, start - 1))
        .isInstanceOf(MalformedIndexException.class)
        .hasMessageContaining("a frame where none can be");
    assertThatThrownBy(() -> IndexDirectory.parse(good, start + 1))
        .isInstanceOf(MalformedIndexException.class)
        .hasMessageContaining("does not have all frames");
    for (int at = 0; at < good.length - IndexDirectory.FOOTER; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      try {
        // What the compressed lines' own structure doesn't show, may be other words.
        assertThat(IndexDirectory.parse(bad, start).frames()).isNotEmpty();
      } catch (IOException expected) {
        assertThat(expected.getMessage()).isNotBlank();
      }
    }
  }
}
