package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.store.ArchiveName.Suffix;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveNameTest {

  private static final LocalDateTime START = LocalDateTime.of(0, 1, 1, 0, 0);

  /** From {@link #START} to the last second of the year 9999. */
  private static final long LAST_SECOND = 315_569_519_999L;

  @ParameterizedTest
  @CsvSource({
    "20240229-2359-daily.tar,             2024-02-29T23:59:00, false, DAILY,   TAR",
    "20240101-0000-monthly.tar.zst,       2024-01-01T00:00:00, false, MONTHLY, TAR_ZST",
    "20240108-0315-weekly.tar.zst.age,    2024-01-08T03:15:00, false, WEEKLY,  TAR_ZST_AGE",
    "20240108-031559-weekly.tar,          2024-01-08T03:15:59, true,  WEEKLY,  TAR",
    "20240108-031500-weekly.tar,          2024-01-08T03:15:00, true,  WEEKLY,  TAR",
    "00000301-0000-daily.tar,             0000-03-01T00:00:00, false, DAILY,   TAR",
    "99991231-2359-daily.tar,             9999-12-31T23:59:00, false, DAILY,   TAR",
    // The label is what the name says, not what the date would have given.
    "20240102-0000-monthly.tar,           2024-01-02T00:00:00, false, MONTHLY, TAR",
  })
  void readsWhatItWrites(
      String fileName, LocalDateTime time, boolean withSeconds, Label label, Suffix suffix) {
    ArchiveName name = new ArchiveName(time, withSeconds, label, suffix);

    assertThat(ArchiveName.parse(fileName)).contains(name);
    assertThat(name.fileName()).isEqualTo(fileName);
    assertThat(name).hasToString(fileName);
    assertThat(name.indexName()).isEqualTo(fileName + ".index");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "20240108-0315-weekly",
        "20240108-0315-weekly.zip",
        "20240108-0315-weekly.tar.gz",
        "20240108-0315-weekly.tar.age.zst",
        "20240108-0315-weekly.tar.zst.age.zst",
        "20240108-0315-weekly.tar.index",
        "20240108-0315-weekly.tar.part",
        ".20240108-0315-weekly.tar.part",
        ".20240108-0315-weekly.tar",
        "20240108-0315-yearly.tar",
        "20240108-0315-Weekly.tar",
        "20240108-0315-weekly.TAR",
        "20240108-0315-.tar",
        "20240108-0315.tar",
        "20240108-03155-weekly.tar",
        "20240108-0315000-weekly.tar",
        "2024108-0315-weekly.tar",
        "120240108-0315-weekly.tar",
        "-20240108-0315-weekly.tar",
        "+2024010-0315-weekly.tar",
        "20240108_0315-weekly.tar",
        "20240108-0315_weekly.tar",
        "20240108-0315-weekly_tar",
        "20230229-0315-daily.tar",
        "19000229-0315-daily.tar",
        "20240230-0315-daily.tar",
        "20241301-0315-monthly.tar",
        "20240001-0315-monthly.tar",
        "20240100-0315-daily.tar",
        "20240108-2400-weekly.tar",
        "20240108-0360-weekly.tar",
        "20240108-031560-weekly.tar",
        " 20240108-0315-weekly.tar",
        "20240108-0315-weekly.tar ",
        "20240108-0315-weekly.tar\n",
        "20240108-0315-weekly.tar\r\n",
        "20240108-0315-weekly\n.tar",
        "20240108-0315-weekly.tar\u0000",
        "20240108-0315-weekly.tar\u001b[2J",
        "../20240108-0315-weekly.tar",
        "/20240108-0315-weekly.tar",
        "20240108-0315-weekly.tar/",
        "20240108-0315-weekly.tar/..",
        "20240108-0315-weekly.tar\n20240109-0315-daily.tar",
        "２０２４０１０８-0315-weekly.tar",
        "٢٠٢٤٠١٠٨-0315-weekly.tar",
        "20240108‐0315‐weekly.tar",
        "20240108-0315-weekly․tar",
      })
  void anythingElseIsNoArchive(String fileName) {
    assertThat(ArchiveName.parse(fileName)).isEmpty();
  }

  @Test
  void aHugeNameIsNoArchive() {
    assertThat(ArchiveName.parse("2".repeat(10_000_000))).isEmpty();
    assertThat(ArchiveName.parse("20240108-0315-weekly.tar" + ".zst".repeat(1_000_000))).isEmpty();
  }

  @Test
  void aRunIsNamedByItsDateAndToTheMinute() {
    LocalDateTime run = LocalDateTime.of(2024, 1, 8, 3, 15, 59, 999_999_999);

    assertThat(ArchiveName.of(run, Suffix.TAR)).hasToString("20240108-0315-weekly.tar");
    assertThat(new ArchiveName(run, true, Label.WEEKLY, Suffix.TAR))
        .hasToString("20240108-031559-weekly.tar");
    assertThat(ArchiveName.of(run, Suffix.TAR))
        .isEqualTo(ArchiveName.of(run.withSecond(1), Suffix.TAR));
  }

  @Test
  void aYearThatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> ArchiveName.of(LocalDateTime.of(10_000, 1, 1, 0, 0), Suffix.TAR))
        .isInstanceOf(DateTimeException.class);
    assertThatThrownBy(() -> ArchiveName.of(LocalDateTime.of(-1, 1, 1, 0, 0), Suffix.TAR))
        .isInstanceOf(DateTimeException.class);
  }

  @Property
  void everyNameSurvivesWritingAndReading(
      @ForAll @LongRange(min = 0, max = LAST_SECOND) long second,
      @ForAll boolean withSeconds,
      @ForAll Label label,
      @ForAll Suffix suffix) {
    ArchiveName name = new ArchiveName(START.plusSeconds(second), withSeconds, label, suffix);

    assertThat(ArchiveName.parse(name.fileName())).contains(name);
  }

  /** So that {@code ls} shows them in the order in which rotation takes them. */
  @Property
  void theOrderIsThatOfTheFileNames(
      @ForAll @Size(max = 30) List<@IntRange(max = 400) Integer> seconds,
      @ForAll boolean withSeconds,
      @ForAll Suffix suffix) {
    LocalDateTime start = LocalDateTime.of(2024, 2, 28, 23, 57);
    List<ArchiveName> names =
        seconds.stream()
            .map(second ->
                new ArchiveName(
                    start.plusSeconds(second),
                    withSeconds != (second % 3 == 0),
                    Label.of(start.plusSeconds(second).toLocalDate()),
                    suffix))
            .toList();

    assertThat(names.stream().sorted().map(ArchiveName::fileName))
        .isSortedAccordingTo(Comparator.naturalOrder());
  }
}
