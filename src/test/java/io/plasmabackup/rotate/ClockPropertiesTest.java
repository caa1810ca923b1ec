package io.plasmabackup.rotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ArchiveName.Suffix;
import io.plasmabackup.store.FreeName;
import io.plasmabackup.store.Label;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Upload;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hourly backups, each followed by its rotation, by a clock that cannot be trusted. The oracle
 * knows of archives only what {@code sort} would: it compares names as text.
 */
class ClockPropertiesTest {

  /** With daylight saving in the north, in the south, and of half an hour. */
  private static final List<ZoneId> ZONES =
      List.of(
          ZoneId.of("Europe/Berlin"),
          ZoneId.of("America/Santiago"),
          ZoneId.of("Australia/Lord_Howe"));

  private static final Policy POLICY = new Policy(30, 10, 4);
  private static final Duration TWO_YEARS = Duration.ofDays(2 * 365);
  private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss");

  @TempDir private Path path;

  /** Where the rotation gets its time from. */
  enum RotatedBy {
    /** The agent itself, which has the same clock as its archives' names. */
    AGENT,
    /** A server, which has the right time. */
    SERVER
  }

  /** Each time this is run, from another seed, which a failure names. */
  @Property(tries = 1, edgeCases = EdgeCasesMode.NONE)
  void twoYearsOfHourlyRuns(@ForAll long seed) {
    for (int i = 0; i < ZONES.size(); i++) {
      twoYearsOfHourlyRuns(
          ZONES.get(i),
          ZONES.get((i + 1) % ZONES.size()),
          RotatedBy.values()[Math.floorMod(seed + i, 2)],
          seed + i);
    }
  }

  private static void twoYearsOfHourlyRuns(
      ZoneId home, ZoneId away, RotatedBy rotatedBy, long seed) {
    Set<String> folder = new TreeSet<>();
    Oracle oracle = new Oracle(POLICY);
    int run = 0;
    for (WanderingClock.Run began : runs(home, away, TWO_YEARS, seed)) {
      ArchiveName name = FreeName.choose(folder, began.shown(), Suffix.TAR).orElseThrow();
      assertThat(folder.add(name.fileName())).as("%s is overwritten", name).isTrue();
      assertThat(folder.add(name.indexName())).as("index of %s is overwritten", name).isTrue();
      oracle.backedUp(name, run++);

      LocalDateTime now = rotatedBy == RotatedBy.AGENT ? began.shown() : began.trulyLocal();
      Rotation rotation = Rotation.plan(POLICY, folder, now);
      if (rotatedBy == RotatedBy.AGENT) {
        rotation = rotation.sparing(name);
      }
      for (ArchiveName gone : rotation.delete()) {
        assertThat(folder.remove(gone.fileName())).isTrue();
        assertThat(folder.remove(gone.indexName())).isTrue();
      }
      assertThat(rotation.leftovers()).isEmpty();

      oracle.check(folder, now, rotatedBy == RotatedBy.AGENT ? name.fileName() : "");
    }
  }

  @Test
  void weeksOfHourlyRunsIntoARealFolder() throws Exception {
    Folder folder = new Folder(path).policy(6, 3, 2);
    Oracle oracle = new Oracle(new Policy(6, 3, 2));
    int number = 0;
    try (Store store = LocalStore.open(path)) {
      for (WanderingClock.Run began : runs(ZONES.get(0), ZONES.get(2), Duration.ofDays(28), 4)) {
        ArchiveName name = FreeName.in(store, began.shown(), Suffix.TAR);
        upload(store, name.fileName(), number);
        upload(store, name.indexName(), number);
        oracle.backedUp(name, number++);
        Clock clock = Clock.fixed(began.shown().toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

        assertThat(new Rotator(clock).rotateAfter(name, store).orElseThrow().failures()).isEmpty();

        oracle.check(folder.names(), began.shown(), name.fileName());
      }
    }
    for (String name : folder.names()) {
      assertThat(path.resolve(name))
          .as("never overwritten")
          .hasContent("run " + oracle.runs.get(name.replace(".index", "")));
    }
  }

  private static void upload(Store store, String name, int run) throws Exception {
    byte[] content = ("run " + run).getBytes(UTF_8);
    try (Upload upload = store.begin(name)) {
      upload.write(content, 0, content.length);
      upload.publish(MessageDigest.getInstance("SHA-256").digest(content));
    }
  }

  /** From shortly before each zone begins or ends daylight saving. */
  private static List<WanderingClock.Run> runs(ZoneId home, ZoneId away, Duration time, long seed) {
    return WanderingClock.hourly(
        ZonedDateTime.of(2024, 3, 20, 0, 30, 0, 0, home), time, List.of(home, away), seed);
  }

  /** After some days of a clock that is years ahead, the right clock's archives are safe. */
  @Property(tries = 200)
  void whatWasMadeInTheWrongYearPushesNothingOutOnceTheClockIsRight(
      @ForAll @IntRange(min = 2, max = 2000) int daysAhead,
      @ForAll @IntRange(min = 1, max = 100) int wrongRuns) {
    LocalDateTime start = LocalDateTime.of(2024, 2, 2, 12, 0);
    Set<String> folder = new TreeSet<>();
    for (int hour = 0; hour < 3 * POLICY.daily(); hour++) {
      folder.add(ArchiveName.of(start.plusHours(hour), Suffix.TAR).fileName());
    }
    LocalDateTime now = start.plusHours(3L * POLICY.daily());
    Set<String> before = new TreeSet<>(folder);
    for (int hour = 0; hour < wrongRuns; hour++) {
      folder.add(ArchiveName.of(now.plusDays(daysAhead).plusHours(hour), Suffix.TAR).fileName());
    }

    Rotation rotation = Rotation.plan(POLICY, folder, now);

    assertThat(rotation.delete())
        .isEqualTo(Rotation.plan(POLICY, before, now).delete())
        .allMatch(name -> before.contains(name.fileName()));
  }

  /** What must be in the folder, told by the names as text and by the order of the runs. */
  private static final class Oracle {

    private static final Comparator<String> NEWEST_FIRST =
        Comparator.comparing(Oracle::time).thenComparing(Comparator.naturalOrder()).reversed();

    private final Policy policy;

    /** The run that made what has a name now. */
    private final Map<String, Integer> runs = new HashMap<>();

    /** What was there after the last rotation, and what was made since. */
    private final Set<String> expected = new TreeSet<>();

    /** By label: the latest runs, as long as each had a later name than all before it. */
    private final Map<Label, List<String>> inOrder = new EnumMap<>(Label.class);

    Oracle(Policy policy) {
      this.policy = policy;
    }

    void backedUp(ArchiveName name, int run) {
      runs.put(name.fileName(), run);
      expected.add(name.fileName());
      inOrder.computeIfAbsent(name.label(), none -> new ArrayList<>()).add(name.fileName());
    }

    /**
     * Compares.
     *
     * @param spared the name of the archive that stays in any case, or empty
     */
    void check(Set<String> folder, LocalDateTime now, String spared) {
      String latest = now.plusHours(26).format(SECONDS);
      Set<String> kept = new TreeSet<>();
      for (Label label : Label.values()) {
        List<String> counted =
            expected.stream()
                .filter(name -> name.endsWith("-" + label.text() + ".tar"))
                .filter(name -> time(name).compareTo(latest) <= 0)
                .sorted(NEWEST_FIRST)
                .toList();
        kept.addAll(counted.subList(0, Math.min(policy.keep(label), counted.size())));
        checkNewestRuns(label, folder, counted);
      }
      expected.removeIf(name ->
          !kept.contains(name) && time(name).compareTo(latest) <= 0 && !name.equals(spared));

      assertThat(folder).isEqualTo(withIndexes(expected));
    }

    /** Of runs that were named in their order, the newest stay: as many as the policy says. */
    private void checkNewestRuns(Label label, Set<String> folder, List<String> countedNewestFirst) {
      List<String> ordered = inOrder.computeIfAbsent(label, none -> new ArrayList<>());
      int from = ordered.size();
      for (String name : countedNewestFirst) {
        if (from == 0 || !ordered.get(from - 1).equals(name)) {
          break;
        }
        from--;
      }
      ordered.subList(0, from).clear();
      int surplus = Math.max(0, ordered.size() - policy.keep(label));
      assertThat(folder).containsAll(ordered.subList(surplus, ordered.size()));
    }

    private static Set<String> withIndexes(Set<String> archives) {
      Set<String> names = new TreeSet<>();
      archives.forEach(name -> Stream.of(name, name + ".index").forEach(names::add));
      return names;
    }

    /** To the second. */
    private static String time(String name) {
      String time = name.substring(0, name.indexOf('-', 9));
      return time.length() == 13 ? time + "00" : time;
    }
  }
}
