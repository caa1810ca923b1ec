package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmenterTest {

  private static final int MIB = 1024 * 1024;

  private static List<Segment> segments(List<Entry> entries) throws Failure {
    Segmenter segmenter = new Segmenter(Entries.stream(entries));
    List<Segment> segments = new ArrayList<>();
    for (Segment next = segmenter.next(); next != null; next = segmenter.next()) {
      segments.add(next);
    }
    return segments;
  }

  /** Sizes as they are on a disk: mostly small, some large, a few huge; in the order of names. */
  private static List<Entry> manyEntries(int seed) {
    Random random = new Random(seed);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      double sort = random.nextDouble();
      long size =
          sort < 0.9
              ? random.nextInt(10_000)
              : sort < 0.998 ? random.nextInt(300_000) : random.nextInt(20_000_000);
      entries.add(Entries.file("home/user/file-%07d".formatted(i * 10), size));
    }
    return entries;
  }

  private static Set<String> keys(List<Entry> entries) throws Failure {
    Set<String> keys = new HashSet<>();
    for (Segment segment : segments(entries)) {
      assertThat(keys.add(HexFormat.of().formatHex(SegmentKey.of(segment)))).isTrue();
    }
    return keys;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void segmentsHoldAllEntriesInOrderWithinTheirLimits(int seed) throws Exception {
    List<Entry> entries = manyEntries(seed);
    List<Entry> seen = new ArrayList<>();
    long total = 0;
    int count = 0;
    for (Segment segment : segments(entries)) {
      assertThat(segment.length()).isBetween(512, Format.MAX_SEGMENT);
      assertThat(segment.length() % 512).isZero();
      int at = 0;
      for (Piece piece : segment.pieces()) {
        assertThat(piece.at()).isEqualTo(at);
        at = piece.end();
      }
      assertThat(at).isEqualTo(segment.length());
      seen.addAll(segment.entries());
      total += segment.length();
      count++;
    }
    assertThat(seen).containsExactlyElementsOf(entries);
    assertThat(total / count).isBetween(MIB / 4L, (long) MIB);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 57, 9_999, 15_000, 19_999})
  void anInsertionAndARemovalChangeTheirNeighbourhoodOnly(int place) throws Exception {
    List<Entry> entries = manyEntries(7);
    Set<String> before = keys(entries);
    List<Entry> more = new ArrayList<>(entries);
    more.add(place, Entries.file("home/user/file-%07d".formatted(place * 10 - 1), 4_321));
    List<Entry> fewer = new ArrayList<>(entries);
    fewer.remove(place);
    for (List<Entry> changed : List.of(more, fewer)) {
      Set<String> gone = new HashSet<>(before);
      gone.removeAll(keys(changed));
      assertThat(gone).hasSizeBetween(1, 6);
    }
    assertThat(before.size()).isGreaterThan(100);
  }

  @Test
  void changesThatMoveNothingChangeTheirOwnSegmentsKeyOnly() throws Exception {
    List<Entry> entries = manyEntries(7);
    Set<String> before = keys(entries);
    Entry old = entries.get(5_000);
    entries.set(5_000, Entries.entry(old.name(), Entries.modified(1_700_000_009, 0), old.kind()));
    Set<String> gone = new HashSet<>(before);
    gone.removeAll(keys(entries));
    assertThat(gone).hasSize(1);
  }

  @Test
  void whatIsKnownOfALargeFileIsInTheKeyOfEachOfItsPieces() throws Exception {
    RawPath name = RawPath.of("large");
    Entry entry = Entries.entry(name, Entries.PLAIN, Entries.file(30L * MIB));
    Entry touched = Entries.entry(name, Entries.modified(1, 2), Entries.file(30L * MIB));
    Set<String> keys = keys(List.of(entry));
    assertThat(keys).hasSizeGreaterThan(5).doesNotContainAnyElementsOf(keys(List.of(touched)));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        4L * MIB + 1,
        6L * MIB,
        6L * MIB + 1,
        8L * MIB,
        10L * MIB,
        10L * MIB + 1,
        100L * MIB + 77,
        (1L << 33) + 5
      })
  void piecesOfALargeFileCoverItsDataOnce(long size) throws Exception {
    List<Segment> segments =
        segments(
            List.of(Entries.file("a", 10), Entries.file("large", size), Entries.file("z", 10)));
    assertThat(segments.getFirst().entries()).hasSize(1);
    assertThat(segments.getLast().entries()).hasSize(1);
    long expected = 0;
    for (Segment segment : segments.subList(1, segments.size() - 1)) {
      assertThat(segment.pieces()).hasSize(1);
      Piece piece = segment.pieces().getFirst();
      assertThat(piece.dataFrom()).isEqualTo(expected);
      assertThat(segment.continuesMember()).isEqualTo(expected > 0);
      expected = piece.dataTo();
      if (expected < size) {
        assertThat(piece.dataLength()).isEqualTo(4 * MIB);
        assertThat(segment.length() % 4096).isZero();
      } else {
        assertThat(piece.dataLength()).isLessThanOrEqualTo(6 * MIB);
        // A shorter rest would have stayed with the piece before.
        assertThat(size > 6L * MIB && piece.dataLength() <= 2L * MIB).isFalse();
      }
      assertThat(segment.length()).isLessThanOrEqualTo(Format.MAX_SEGMENT);
    }
    assertThat(expected).isEqualTo(size);
  }

  @Test
  void onlyDataMakesAFileLarge() throws Exception {
    Entry hole =
        Entries.entry(
            RawPath.of("hole"),
            Entries.PLAIN,
            Entries.sparse(1L << 40, new Extent(1L << 39, 4096)));
    assertThat(segments(List.of(Entries.file("a", 1), hole, Entries.file("z", 1)))).hasSize(1);
  }

  @Test
  void nothingAtAllIsNoSegment() throws Exception {
    assertThat(segments(List.of())).isEmpty();
    ArchiveSize size = ArchiveSize.of(Entries.stream(List.of()), WrittenArchive.PLAIN);
    assertThat(size).isEqualTo(new ArchiveSize(1024, 0, 0, Map.of()));
  }

  /** From docs/format.md: who implements it compares with these. */
  @Test
  void hashesOfNames() {
    assertThat(Segmenter.hash(new byte[0])).isEqualTo(2011697072);
    assertThat(Segmenter.hash("a".getBytes(StandardCharsets.US_ASCII))).isEqualTo(1095849132);
    assertThat(Segmenter.hash("etc/fstab".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(649213248);
  }
}
