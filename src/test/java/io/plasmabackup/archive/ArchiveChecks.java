package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.archive.IndexFile.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** What an index promises of its archive, checked against the archive's bytes. */
final class ArchiveChecks {

  private ArchiveChecks() {}

  static void indexDescribes(WrittenArchive written) throws Exception {
    byte[] archive = Files.readAllBytes(written.file());
    IndexFile index = IndexFile.parse(written.index());
    assertThat(index.header().text("format")).isEqualTo("plasma-index");
    assertThat(written.indexSha256())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(written.index()));

    boolean zstd = index.header().text("compression").equals("zstd");
    MessageDigest digests = MessageDigest.getInstance("SHA-256");
    byte[] segment = {};
    long segments = 0;
    long members = 0;
    long end = 0;
    for (Line line : index.lines().subList(1, index.lines().size() - 1)) {
      if (line.isSegment()) {
        assertThat(line.number("segment")).isEqualTo(segments++);
        int offset = (int) line.number("offset");
        assertThat(offset % 4096).isZero();
        if (zstd) {
          assertThat(decompress(Arrays.copyOfRange(archive, (int) end, offset))).isEmpty();
        } else {
          assertFiller(archive, (int) end, offset);
        }
        end = offset + line.number("stored");
        byte[] stored = Arrays.copyOfRange(archive, offset, (int) end);
        segment = zstd ? decompress(stored) : stored;
        assertThat(segment).hasSize((int) line.number("tar"));
        byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(stored);
        assertThat(line.text("sha256")).isEqualTo(HexFormat.of().formatHex(sha256));
        digests.update(sha256);
      } else if (line.has("scanned")) {
        assertThat(line.number("scanned")).isEqualTo(members);
      } else if (!line.isLeftOut()) {
        assertThat(line.isMember()).isTrue();
        members++;
        assertMember(line, segment);
      }
    }
    byte[] trailer = Arrays.copyOfRange(archive, (int) end, archive.length);
    assertThat(zstd ? decompress(trailer) : trailer).isEqualTo(new byte[1024]);
    Line last = index.end();
    assertThat(last.number("archiveSize")).isEqualTo(archive.length);
    assertThat(last.number("segments")).isEqualTo(segments);
    assertThat(last.number("members")).isEqualTo(members);
    assertThat(last.text("digest")).isEqualTo(HexFormat.of().formatHex(digests.digest()));
    assertThat(last.text("sha256"))
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(archive)));
  }

  private static byte[] decompress(byte[] frames) throws IOException {
    try (ZstdInputStream in = new ZstdInputStream(new ByteArrayInputStream(frames))) {
      return in.readAllBytes();
    }
  }

  /** A global header and nothing else, or nothing at all. */
  private static void assertFiller(byte[] archive, int from, int to) {
    for (int at = from; at < to; ) {
      assertThat((char) archive[at + 156]).isEqualTo('g');
      at += 512 + (int) Format.toBlocks(size(archive, at));
      assertThat(at).isLessThanOrEqualTo(to);
    }
  }

  private static void assertMember(Line line, byte[] segment) throws Exception {
    int at = (int) line.number("at");
    int data = (int) line.number("data");
    int header = at;
    if (segment[at + 156] == 'x') {
      header += 512 + (int) Format.toBlocks(size(segment, at));
    }
    char type = (char) segment[header + 156];
    assertThat(type)
        .isEqualTo(
            switch (line.text("type")) {
              case "file" -> '0';
              case "hardlink" -> '1';
              case "symlink" -> '2';
              case "character" -> '3';
              case "block" -> '4';
              case "directory" -> '5';
              case "fifo" -> '6';
              default -> throw new AssertionError(line);
            });
    TarArchiveEntry entry = new TarArchiveEntry(Arrays.copyOfRange(segment, header, header + 512));
    assertThat("%04o".formatted(entry.getMode())).isEqualTo(line.text("mode"));
    if (line.has("dataLength")) {
      assertThat(line.number("dataLength")).isLessThan(line.number("size"));
      int map = (int) (entry.getSize() - line.number("dataLength"));
      assertThat(data).isEqualTo(header + 512 + map);
    } else {
      assertThat(data).isEqualTo(header + 512);
      assertThat(entry.getSize()).isEqualTo(line.has("size") ? line.number("size") : 0);
    }
    if (line.has("size") && entry.getSize() >= 32 * 1024 && !line.has("dataLength")) {
      assertThat(data % 4096).isZero();
    }
    if (line.has("name")) {
      try (TarArchiveInputStream tar =
          new TarArchiveInputStream(
              new ByteArrayInputStream(segment, at, data - at), StandardCharsets.UTF_8.name())) {
        String name = tar.getNextEntry().getName();
        assertThat(name.endsWith("/") ? name.substring(0, name.length() - 1) : name)
            .isEqualTo(line.text("name"));
      }
    }
  }

  private static long size(byte[] bytes, int header) {
    return Long.parseLong(new String(bytes, header + 124, 11, StandardCharsets.US_ASCII), 8);
  }
}
