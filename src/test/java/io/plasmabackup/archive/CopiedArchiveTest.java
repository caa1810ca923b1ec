package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Content;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Metadata;
import io.plasmabackup.walk.OpenContent;
import io.plasmabackup.walk.VanishedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of which segments are copied from an earlier one. */
class CopiedArchiveTest {

  private static final int FILES = 400;
  private static final int SIZE = 60_000;
  private static final Instant BEGUN = Instant.ofEpochSecond(2_000_000);
  private static final Timestamp BEFORE = new Timestamp(1_000_000, 5);

  /** A file's data, of which the filesystem says something. */
  private record Known(Content content, Since sinceEarlier) implements Content {
    @Override
    public OpenContent open() throws ErrnoException, VanishedException {
      return content.open();
    }

    @Override
    public boolean isLive() {
      return false;
    }
  }

  /** What was written, and how. */
  @SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
  private record Written(
      byte[] archive, byte[] index, ArchiveSummary summary, List<long[]> copies) {}

  /** Has ranges of an earlier archive copied, as a store does. */
  private static final class Copier implements ArchiveSink {

    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final List<long[]> copies = new ArrayList<>();
    private final byte[] earlier;

    Copier(byte[] earlier) {
      this.earlier = earlier;
    }

    @Override
    public void write(ByteBuffer bytes) {
      byte[] some = new byte[bytes.remaining()];
      bytes.get(some);
      taken.writeBytes(some);
    }

    @Override
    public void copy(long from, long length) {
      copies.add(new long[] {from, length});
      taken.write(earlier, (int) from, (int) length);
    }
  }

  private static Entry file(int number, int seed, Timestamp changed, Content.Since since) {
    Metadata metadata = new Metadata(0644, 0, 0, "", "", BEFORE, changed, Set.of(), Map.of());
    Kind kind =
        new Kind.RegularFile(
            SIZE, List.of(new Extent(0, SIZE)), new Known(new Entries.Pattern(seed), since));
    return Entries.entry(RawPath.of("file-%04d".formatted(number)), metadata, kind);
  }

  private static List<Entry> files(Content.Since since) {
    List<Entry> files = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      files.add(file(i, i, BEFORE, since));
    }
    return files;
  }

  private static Written write(
      List<Entry> entries, Packing packing, EarlierArchive earlier, byte[] source) throws Failure {
    Copier archive = new Copier(source);
    ByteArrayOutputStream index = new ByteArrayOutputStream();
    ArchiveSummary summary =
        ArchiveWriter.write(
            Entries.stream(entries),
            WrittenArchive.collecting(new ArrayList<>()),
            WrittenArchive.HEADER,
            packing,
            earlier,
            archive,
            new IndexWriter(bytes -> {
              byte[] some = new byte[bytes.remaining()];
              bytes.get(some);
              index.writeBytes(some);
            }),
            SegmentListener.NONE,
            stored -> {});
    return new Written(archive.taken.toByteArray(), index.toByteArray(), summary, archive.copies);
  }

  private static EarlierArchive earlier(Written written) throws Exception {
    EarlierArchive earlier = new EarlierArchive(BEGUN);
    try (IndexReader lines =
        new IndexReader(new ZstdInputStream(new ByteArrayInputStream(written.index())))) {
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        if (line instanceof IndexLine.Segment segment) {
          earlier.add(segment);
        }
      }
    }
    return earlier;
  }

  private static Packing packing(String compression) {
    return compression.equals("none")
        ? Packing.plain(2)
        : new Packing(OptionalInt.of(1), Packing.NO_PASS_THROUGH, 2);
  }

  private void assertSame(Written copied, Written read) {
    assertThat(copied.archive()).isEqualTo(read.archive());
    assertThat(copied.index()).isNotEmpty();
    assertThat(copied.summary().bytes()).isEqualTo(read.summary().bytes());
    assertThat(copied.summary().tarBytes()).isEqualTo(read.summary().tarBytes());
    assertThat(copied.summary().members()).isEqualTo(read.summary().members());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "zstd"})
  void whatIsTheSameIsCopiedInOneGo(String compression) throws Exception {
    Written first =
        write(
            files(Content.Since.UNTOUCHED), packing(compression), EarlierArchive.NONE, new byte[0]);
    Written second =
        write(
            files(Content.Since.UNTOUCHED), packing(compression), earlier(first), first.archive());
    assertSame(second, first);
    assertThat(second.copies()).hasSize(1);
    assertThat(second.summary().copiedBytes()).isEqualTo(second.copies().getFirst()[1]);
    assertThat(second.summary().sha256()).isEmpty();
    assertThat(first.summary().sha256()).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "zstd"})
  void aFileMoreOrLessCostsNoMoreThanWhatIsAroundIt(String compression) throws Exception {
    Packing packing = packing(compression);
    Written first =
        write(files(Content.Since.UNTOUCHED), packing, EarlierArchive.NONE, new byte[0]);
    List<Entry> entries = files(Content.Since.UNTOUCHED);
    entries.remove(300);
    entries.set(100, file(100, 7, new Timestamp(3_000_000, 0), Content.Since.TOUCHED));
    entries.add(
        0, Entries.entry(RawPath.of("added"), entries.getFirst().metadata(), Entries.file(9)));
    Written second = write(entries, packing, earlier(first), first.archive());
    assertSame(second, write(entries, packing, EarlierArchive.NONE, new byte[0]));
    assertThat(second.copies().size()).isBetween(1, 4);
    assertThat(second.summary().copiedBytes()).isGreaterThan(second.summary().bytes() / 3);
  }

  @Test
  void whatTheFilesystemCallsTouchedIsReadEvenIfItLooksTheSame() throws Exception {
    Packing packing = packing("none");
    Written first =
        write(files(Content.Since.UNTOUCHED), packing, EarlierArchive.NONE, new byte[0]);
    Written second = write(files(Content.Since.TOUCHED), packing, earlier(first), first.archive());
    assertSame(second, first);
    assertThat(second.copies()).isEmpty();
    assertThat(second.summary().sha256()).isEqualTo(first.summary().sha256());
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000_000, 1_999_699, 1_999_700, 2_000_000, 2_000_001})
  void whereTheFilesystemSaysNothingTheTimeOfTheLastChangeDecides(long changed) throws Exception {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      entries.add(file(i, i, new Timestamp(changed, 0), Content.Since.UNKNOWN));
    }
    Packing packing = packing("none");
    Written first = write(entries, packing, EarlierArchive.NONE, new byte[0]);
    Written second = write(entries, packing, earlier(first), first.archive());
    assertSame(second, first);
    assertThat(second.copies().isEmpty()).isEqualTo(changed >= 1_999_700);
  }
}
