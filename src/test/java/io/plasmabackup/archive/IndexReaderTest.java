package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.archive.IndexFile.Line;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IndexReaderTest {

  private static List<IndexLine> read(String text) throws IOException {
    List<IndexLine> lines = new ArrayList<>();
    try (IndexReader reader =
        new IndexReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
      for (IndexLine line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
    }
    return lines;
  }

  @Test
  void readsWhatIsWritten(@TempDir Path parent) throws Exception {
    Path tree = Files.createDirectory(parent.resolve("tree"));
    Files.writeString(tree.resolve("a \" \u00e4\n"), "content");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("a/b"));
    Files.createLink(tree.resolve("second"), tree.resolve("a \" \u00e4\n"));
    WrittenArchive archive = WrittenArchive.ofTree(parent, "tree", parent.resolve("archive"));
    String text =
        new String(
            new ZstdInputStream(new ByteArrayInputStream(archive.index())).readAllBytes(),
            StandardCharsets.UTF_8);
    List<Line> expected =
        IndexFile.parse(archive.index()).lines().stream()
            .filter(line -> !line.has("scanned"))
            .toList();

    List<IndexLine> lines = read(text);

    assertThat(lines).hasSameSizeAs(expected);
    IndexLine.Header header = (IndexLine.Header) lines.getFirst();
    assertThat(header.archive()).isEqualTo(WrittenArchive.HEADER.archive());
    assertThat(header.time()).contains(WrittenArchive.HEADER.time());
    assertThat(header.rebuilt()).isEmpty();
    assertThat(header.folders()).containsExactly("/tree");
    assertThat(header.subvolumePaths()).containsExactly("/");
    IndexLine.Segment segment = (IndexLine.Segment) lines.get(1);
    assertThat(segment.offset()).isZero();
    assertThat(segment.sha256()).contains(expected.get(1).text("sha256"));
    List<Member> members =
        lines.stream().filter(Member.class::isInstance).map(Member.class::cast).toList();
    assertThat(members)
        .extracting(Member::type)
        .containsExactly(
            Member.Type.DIRECTORY, Member.Type.FILE, Member.Type.SYMLINK, Member.Type.HARDLINK);
    assertThat(members.get(1).name()).isEqualTo(RawPath.of("tree/a \" \u00e4\n"));
    assertThat(members.get(1).size()).isEqualTo(7);
    assertThat(members.get(2).link()).contains(RawPath.of("a/b"));
    assertThat(members.get(3).link()).contains(RawPath.of("tree/a \" \u00e4\n"));
    assertThat(members.get(1).modified().seconds())
        .isEqualTo(Files.getLastModifiedTime(tree.resolve("link").getParent()).toMillis() / 1000);
    IndexLine.End end = (IndexLine.End) lines.getLast();
    assertThat(end.archiveSize()).isEqualTo(archive.summary().bytes());
    assertThat(end.members()).isEqualTo(4);
    assertThat(end.sha256()).isEqualTo(archive.summary().sha256());
  }

  @Test
  void passesOverWhatItDoesNotKnow() throws Exception {
    assertThat(
            read(
                """
                {"new":{"deep":[1,{"er":null}]}}
                {"members":2,"more":[true],"archiveSize":12345678901,"segments":1}
                """))
        .containsExactly(
            new IndexLine.End(12_345_678_901L, 1, 2, Optional.empty(), Optional.empty()));
  }

  @Test
  void aRebuiltIndexKnowsLess() throws Exception {
    List<IndexLine> lines =
        read(
            """
            {"format":"plasma-index","version":1,"tool":"t","archive":"a.tar.zst","rebuilt":"2026-01-05T02:00:00Z","compression":"zstd"}
            {"segment":3,"offset":70,"stored":30,"tar":5000,"continues":"a","frame":20,"skip":900}
            """);
    IndexLine.Header header = (IndexLine.Header) lines.getFirst();
    assertThat(header.rebuilt()).contains(Instant.parse("2026-01-05T02:00:00Z"));
    assertThat(header.time()).isEmpty();
    assertThat(header.host()).isEmpty();
    assertThat(header.folders()).isEmpty();
    assertThat(lines.get(1))
        .isEqualTo(
            new IndexLine.Segment(
                3,
                Optional.empty(),
                70,
                30,
                5000,
                Optional.empty(),
                Optional.of(RawPath.of("a")),
                20,
                900));
  }

  @Test
  void namesThatAreNoTextComeBackAsTheyWere() throws Exception {
    assertThat(read("{\"leftOutBase64\":\"//4K\",\"reason\":\"socket\",\"why\":\"\"}"))
        .containsExactly(
            new IndexLine.Left(
                RawPath.copyOf(new byte[] {(byte) 0xff, (byte) 0xfe, '\n'}), "socket", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "1",
        "{\"archiveSize\":1",
        "{\"archiveSize\":-1,\"segments\":1,\"members\":1}",
        "{\"archiveSize\":99999999999999999999999999,\"segments\":1,\"members\":1}",
        "{\"archiveSize\":1.5,\"segments\":1,\"members\":1}",
        "{\"archiveSize\":\"1\",\"segments\":1,\"members\":1}",
        "{\"archiveSize\":1,\"segments\":1,\"members\":1,\"sha256\":\"00\"}",
        "{\"format\":\"another\",\"version\":1}",
        "{\"format\":\"plasma-index\",\"version\":2}",
        "{\"format\":\"plasma-index\",\"version\":1}",
        "{\"leftOut\":\"\\ud800\",\"reason\":\"\",\"why\":\"\"}",
        "{\"leftOut\":\"a\\u0000b\",\"reason\":\"\",\"why\":\"\"}",
        "{\"leftOutBase64\":\"?\",\"reason\":\"\",\"why\":\"\"}",
        "{\"name\":\"a\",\"type\":\"socket\",\"mode\":\"0644\",\"uid\":0,\"gid\":0,\"mtime\":0,\"at\":0,\"data\":0}",
        "{\"name\":\"a\",\"type\":\"file\",\"mode\":\"0888\",\"uid\":0,\"gid\":0,\"mtime\":0,\"at\":0,\"data\":0}",
        "{\"name\":\"a\",\"type\":\"file\",\"mode\":\"0644\",\"uid\":4294967296,\"gid\":0,\"mtime\":0,\"at\":0,\"data\":0}",
        "{\"name\":\"a\",\"type\":\"file\",\"mode\":\"0644\",\"uid\":0,\"gid\":0,\"mtime\":0,\"mtimeNanos\":1000000000,\"at\":0,\"data\":0}",
        "{\"segment\":0,\"offset\":0,\"stored\":0,\"tar\":512}",
        "{\"segment\":0,\"offset\":9223372036854775807,\"stored\":1,\"tar\":512}",
        "{\"segment\":0,\"offset\":0,\"stored\":1,\"tar\":512,\"frame\":0,\"skip\":-1}",
        "{\"format\":\"plasma-index\",\"version\":1,\"tool\":\"t\",\"archive\":\"a\",\"rebuilt\":\"now\",\"compression\":\"none\"}",
      })
  void refusesWhatNoIndexHas(String line) {
    assertThatThrownBy(() -> read(line)).isInstanceOf(MalformedIndexException.class);
  }
}
