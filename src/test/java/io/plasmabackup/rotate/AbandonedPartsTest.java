package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.StoredFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AbandonedPartsTest {

  private static final Instant NOW = Instant.parse("2024-05-09T00:00:00Z");
  private static final Instant OLD = NOW.minus(Duration.ofDays(7)).minusNanos(1);
  private static final Instant YOUNG = NOW.minus(Duration.ofDays(7));

  private static final String ARCHIVE = "20240401-0000-monthly.tar";
  private static final String PART = "." + ARCHIVE + ".part";
  private static final String INDEX_PART = "." + ARCHIVE + ".index.part";
  private static final String RECORD_PART = "." + ARCHIVE + ".verified.part";

  @Test
  void oldOnesAreAbandoned() {
    assertThat(abandoned(file(PART, OLD))).containsExactly(PART);
    assertThat(abandoned(file(INDEX_PART, OLD))).containsExactly(INDEX_PART);
    assertThat(abandoned(file(RECORD_PART, OLD))).containsExactly(RECORD_PART);
    assertThat(abandoned(file(PART, OLD), file(INDEX_PART, Instant.EPOCH)))
        .containsExactlyInAnyOrder(PART, INDEX_PART);
    assertThat(abandoned(file(".20240401-000012-monthly.tar.zst.age.part", OLD))).hasSize(1);
  }

  @Test
  void youngOnesAreNot() {
    assertThat(abandoned(file(PART, YOUNG))).isEmpty();
    assertThat(abandoned(file(PART, NOW))).isEmpty();
  }

  @Test
  void aTimeInTheFutureIsNotOld() {
    assertThat(abandoned(file(PART, NOW.plus(Duration.ofDays(10_000))))).isEmpty();
    assertThat(abandoned(file(PART, Instant.MAX), file(INDEX_PART, Instant.MIN))).isEmpty();
  }

  /** The date in its name says when the run began, and may come from a clock that was wrong. */
  @Test
  void theNamesDateDoesNotCount() {
    assertThat(abandoned(file(".19700101-0000-monthly.tar.part", YOUNG))).isEmpty();
    assertThat(abandoned(file(".99991231-0000-daily.tar.part", OLD))).hasSize(1);
  }

  @Test
  void whatBelongsToOneArchiveIsAsYoungAsItsYoungest() {
    assertThat(abandoned(file(PART, YOUNG), file(INDEX_PART, OLD))).isEmpty();
    assertThat(abandoned(file(PART, OLD), file(INDEX_PART, YOUNG))).isEmpty();
    assertThat(abandoned(file(ARCHIVE + ".verified", YOUNG), file(RECORD_PART, OLD))).isEmpty();
    // The archive was published a moment ago, its index is about to be.
    assertThat(abandoned(file(ARCHIVE, YOUNG), file(INDEX_PART, OLD))).isEmpty();
    assertThat(abandoned(file(ARCHIVE, OLD), file(INDEX_PART, OLD))).containsExactly(INDEX_PART);
    assertThat(abandoned(file("20240402-0000-daily.tar", NOW), file(PART, OLD)))
        .containsExactly(PART);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "20240401-0000-monthly.tar",
        "20240401-0000-monthly.tar.part",
        ".20240401-0000-monthly.tar",
        ".20240401-0000-monthly.part",
        ".20240401-0000-yearly.tar.part",
        ".20240431-0000-monthly.tar.part",
        ".20240401-0000-monthly.tar.index",
        ".20240401-0000-monthly.tar.index.index.part",
        "..20240401-0000-monthly.tar.part.part",
        ".20240401-0000-monthly.tar.part.index",
        ".20240401-0000-monthly.tar.part ",
        ".20240401-0000-monthly.tar.part\n",
        ".\n20240401-0000-monthly.tar.part",
        "./20240401-0000-monthly.tar.part",
        ".../20240401-0000-monthly.tar.part",
        "../.20240401-0000-monthly.tar.part",
        ".plasma-rotate.json.part",
        ".notes.txt.part",
        ".part",
        "..part",
        "",
      })
  void nobodyElsesFileIsTouched(String fileName) {
    assertThat(abandoned(file(fileName, OLD))).isEmpty();
  }

  private static StoredFile file(String name, Instant modified) {
    return new StoredFile(name, 1, modified);
  }

  /** By our own clock a partial file is old, but something else would have been written since. */
  @Test
  void ofAFolderWithoutALaterFileNothingIsKnown() {
    assertThat(AbandonedParts.among(List.of(file(PART, OLD)), NOW)).isEmpty();
    assertThat(AbandonedParts.among(List.of(file(PART, Instant.MIN)), NOW)).isEmpty();
    assertThat(AbandonedParts.among(List.of(file(PART, OLD), file("any", NOW.minusNanos(1))), NOW))
        .isEmpty();
    assertThat(AbandonedParts.among(List.of(file(PART, OLD), file("any", NOW)), NOW)).hasSize(1);
    assertThat(AbandonedParts.among(List.of(), NOW)).isEmpty();
  }

  /** In a folder with a file that was written a moment ago. */
  private static List<String> abandoned(StoredFile... files) {
    List<StoredFile> folder = new ArrayList<>(List.of(files));
    folder.add(file("notes.txt", NOW));
    return AbandonedParts.among(folder, NOW).entrySet().stream()
        .flatMap(parts -> {
          assertThat(parts.getValue())
              .allMatch(part -> part.name().contains(parts.getKey().fileName()));
          return parts.getValue().stream().map(StoredFile::name);
        })
        .toList();
  }
}
