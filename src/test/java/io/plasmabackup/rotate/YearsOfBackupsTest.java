package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ArchiveName.Suffix;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup a day, each followed by its rotation, in a real folder. */
class YearsOfBackupsTest {

  private static final LocalDate FIRST = LocalDate.of(2023, 11, 15);
  private static final LocalDate LAST = LocalDate.of(2028, 6, 1);
  private static final LocalTime RUN = LocalTime.of(3, 15);

  /** Worked out with a calendar. */
  private static final Map<LocalDate, String> ON_PAPER =
      Map.of(
          LocalDate.of(2023, 11, 15), "d1115",
          LocalDate.of(2023, 12, 4), "w1120 w1127 d1129 d1130 m1201 d1202 d1203 w1204 d1128",
          LocalDate.of(2024, 1, 1), "m1201 w1211 w1218 w1225 d1227 d1228 d1229 d1230 d1231 m0101",
          LocalDate.of(2024, 2, 29), "m0101 m0201 w0212 w0219 d0224 d0225 w0226 d0227 d0228 d0229",
          LocalDate.of(2024, 3, 1), "m0201 w0212 w0219 d0224 d0225 w0226 d0227 d0228 d0229 m0301",
          LocalDate.of(2024, 4, 1), "m0301 w0311 w0318 w0325 d0327 d0328 d0329 d0330 d0331 m0401",
          LocalDate.of(2028, 2, 29), "m0101 m0201 w0214 w0221 d0224 d0225 d0226 d0227 w0228 d0229",
          LocalDate.of(2028, 3, 1), "m0201 w0214 w0221 d0224 d0225 d0226 d0227 w0228 d0229 m0301",
          LocalDate.of(2028, 5, 1), "m0401 w0410 w0417 w0424 d0426 d0427 d0428 d0429 d0430 m0501",
          LocalDate.of(2028, 5, 8), "m0401 m0501 w0417 w0424 d0503 d0504 d0505 d0506 d0507 w0508");

  @TempDir private Path path;

  @Test
  void afterEveryDayExactlyThePromisedArchivesAreThere() throws Exception {
    Folder folder = new Folder(path).policy(5, 3, 2);
    int comparedWithPaper = 0;
    try (Store store = LocalStore.open(path)) {
      for (LocalDate day = FIRST; !day.isAfter(LAST); day = day.plusDays(1)) {
        ArchiveName archive = ArchiveName.of(day.atTime(RUN), Suffix.TAR_ZST);
        folder.with(archive.fileName(), archive.indexName());
        Clock clock =
            Clock.fixed(day.atTime(RUN).plusMinutes(5).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

        RotationReport report =
            new Rotator(clock).rotateAfter(archive, store).orElseThrow(AssertionError::new);

        assertThat(report.failures()).isEmpty();
        assertThat(folder.names()).as("after %s", day).isEqualTo(promised(day));
        String onPaper = ON_PAPER.get(day);
        if (onPaper != null) {
          comparedWithPaper++;
          assertThat(folder.names().stream().filter(name -> !name.endsWith(".index")))
              .as("on paper, after %s", day)
              .map(name -> name.charAt(14) + name.substring(4, 8))
              .containsExactlyInAnyOrder(onPaper.split(" ", -1));
        }
      }
    }
    assertThat(comparedWithPaper).isEqualTo(ON_PAPER.size());
  }

  private static SortedSet<String> promised(LocalDate today) {
    SortedSet<String> names = new TreeSet<>();
    newest(today, day -> day.getDayOfMonth() == 1, 2, "monthly", names);
    newest(
        today,
        day -> day.getDayOfMonth() != 1 && day.getDayOfWeek() == DayOfWeek.MONDAY,
        3,
        "weekly",
        names);
    newest(
        today,
        day -> day.getDayOfMonth() != 1 && day.getDayOfWeek() != DayOfWeek.MONDAY,
        5,
        "daily",
        names);
    return names;
  }

  private static void newest(
      LocalDate today, Predicate<LocalDate> due, int count, String label, Set<String> names) {
    Stream.iterate(today, day -> !day.isBefore(FIRST), day -> day.minusDays(1))
        .filter(due)
        .limit(count)
        .map(day -> day.toString().replace("-", "") + "-0315-" + label + ".tar.zst")
        .forEach(name -> {
          names.add(name);
          names.add(name + ".index");
        });
  }
}
