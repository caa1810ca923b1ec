package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ArchiveName.Suffix;
import io.plasmabackup.store.Label;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds for every folder, whatever somebody puts into it. */
class RotationPropertiesTest {

  private static final LocalDateTime NOW = LocalDateTime.of(2024, 3, 1, 0, 0);
  private static final String ARCHIVE =
      "[0-9]{8}-[0-9]{4}([0-9]{2})?-(daily|weekly|monthly)[.]tar([.]zst)?([.]age)?";
  private static final Predicate<String> ARCHIVES = Pattern.compile(ARCHIVE).asMatchPredicate();
  private static final Predicate<String> OURS =
      Pattern.compile(ARCHIVE + "([.](index|verified))?").asMatchPredicate();

  @Property
  void deletesNothingThatIsNotAnArchiveOrAnIndexInTheFolder(
      @ForAll("policies") Policy policy, @ForAll("folders") Set<String> folder) {
    Set<String> gone = gone(folder, Rotation.plan(policy, folder, NOW));

    assertThat(gone).isSubsetOf(folder).allMatch(OURS);
  }

  @Property
  void ofEachLabelTheNewestStay(
      @ForAll("policies") Policy policy, @ForAll("folders") Set<String> folder) {
    Rotation rotation = Rotation.plan(policy, folder, NOW);

    String latest = "20240302-020000-zzz";
    for (Label label : Label.values()) {
      List<String> newest =
          folder.stream()
              .filter(ARCHIVES)
              .filter(name -> name.contains("-" + label.text() + "."))
              .filter(name -> name.compareTo(latest) <= 0)
              .sorted(Comparator.reverseOrder())
              .limit(policy.keep(label))
              .sorted()
              .toList();
      assertThat(rotation.keep())
          .filteredOn(name -> name.label() == label)
          .map(ArchiveName::fileName)
          .containsExactlyElementsOf(newest);
    }
  }

  @Property
  void everyArchiveIsKeptOrDeletedOrInTheFuture(
      @ForAll("policies") Policy policy, @ForAll("folders") Set<String> folder) {
    Rotation rotation = Rotation.plan(policy, folder, NOW);

    Set<String> decided = new HashSet<>();
    for (List<ArchiveName> verdict :
        List.of(rotation.keep(), rotation.delete(), rotation.future())) {
      verdict.forEach(
          name -> assertThat(decided.add(name.fileName())).as(name.fileName()).isTrue());
    }
    assertThat(folder.stream().filter(ARCHIVES)).containsExactlyInAnyOrderElementsOf(decided);
  }

  @Property
  void rotatingTwiceDeletesNothingMore(
      @ForAll("policies") Policy policy, @ForAll("folders") Set<String> folder) {
    Rotation first = Rotation.plan(policy, folder, NOW);
    Set<String> left = new HashSet<>(folder);
    left.removeAll(gone(folder, first));

    Rotation second = Rotation.plan(policy, left, NOW);

    assertThat(gone(left, second)).isEmpty();
    assertThat(second.keep()).isEqualTo(first.keep());
  }

  /** However a rotation is stopped, the next one ends where the first would have ended. */
  @Property
  void aRotationStoppedAnywhereIsFinishedByTheNext(
      @ForAll("policies") Policy policy, @ForAll("folders") Set<String> folder, @ForAll int stop) {
    Rotation whole = Rotation.plan(policy, folder, NOW);
    Set<String> end = new HashSet<>(folder);
    end.removeAll(gone(folder, whole));

    List<String> order =
        whole.delete().stream()
            .flatMap(name -> Stream.of(name.fileName(), name.indexName(), name.recordName()))
            .filter(folder::contains)
            .toList();
    Set<String> stopped = new HashSet<>(folder);
    order.subList(0, Math.floorMod(stop, order.size() + 1)).forEach(stopped::remove);

    stopped.removeAll(gone(stopped, Rotation.plan(policy, stopped, NOW)));
    assertThat(stopped).isEqualTo(end);
  }

  /** Whoever can store, but not before the minimum age, decides nothing about what goes. */
  @Property
  void whatIsRecentDecidesNothing(
      @ForAll("policies") Policy policy,
      @ForAll("folders") Set<String> old,
      @ForAll("folders") Set<String> recent) {
    Set<String> before = new HashSet<>(old);
    before.removeIf(name -> !OURS.test(name) || recent.contains(name));
    // Indexes are of archives that are there, as far as these are ours to judge.
    Set<String> archives = new HashSet<>(recent);
    archives.removeIf(name -> !ARCHIVES.test(name));
    Set<String> after = new HashSet<>(before);
    after.addAll(archives);

    Rotation without = Rotation.plan(policy, before, NOW);
    Rotation with = Rotation.plan(policy, after, NOW, name -> archives.contains(name.fileName()));

    assertThat(with.delete()).isEqualTo(without.delete());
    assertThat(with.keep()).isEqualTo(without.keep());
    assertThat(without.leftovers()).containsAll(with.leftovers());
    assertThat(with.recent()).allMatch(name -> archives.contains(name.fileName()));
    assertThat(with.recent().size() + with.future().size())
        .isEqualTo(archives.size() + without.future().size());
  }

  private static Set<String> gone(Set<String> folder, Rotation rotation) {
    Set<String> gone = new HashSet<>();
    for (ArchiveName name : rotation.delete()) {
      gone.add(name.fileName());
    }
    Stream.concat(rotation.delete().stream(), rotation.leftovers().stream())
        .flatMap(name -> Stream.of(name.indexName(), name.recordName()))
        .filter(folder::contains)
        .forEach(gone::add);
    return gone;
  }

  @Provide
  Arbitrary<Policy> policies() {
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 6);
    return Combinators.combine(number, number, number).as(Policy::new);
  }

  @Provide
  Arbitrary<Set<String>> folders() {
    Arbitrary<String> archives =
        Combinators.combine(
                Arbitraries.integers().between(-40 * 24 * 60, 10 * 24 * 60),
                Arbitraries.integers().between(0, 59),
                Arbitraries.of(true, false),
                Arbitraries.of(Label.class),
                Arbitraries.of(Suffix.class))
            .as((minute, second, withSeconds, label, suffix) ->
                new ArchiveName(
                        NOW.plusMinutes(minute).withSecond(second), withSeconds, label, suffix)
                    .fileName());
    Arbitrary<String> indexes = archives.map(name -> name + ".index");
    Arbitrary<String> records = archives.map(name -> name + ".verified");
    Arbitrary<String> parts = archives.map(name -> "." + name + ".part");
    Arbitrary<String> disturbed =
        Combinators.combine(
                Arbitraries.oneOf(archives, indexes, records),
                Arbitraries.integers().between(0, 20),
                Arbitraries.of("\n", "\u0000", "/", "..", " ", "0", "-", ".", "é", "\ud800", "٣"))
            .as((name, at, text) -> name.substring(0, at) + text + name.substring(at));
    return Arbitraries.frequencyOf(
            Tuple.of(6, archives),
            Tuple.of(2, indexes),
            Tuple.of(1, records),
            Tuple.of(1, parts),
            Tuple.of(1, disturbed),
            Tuple.of(1, Arbitraries.strings().ofMaxLength(30)))
        .set()
        .ofMaxSize(40)
        .flatMap(RotationPropertiesTest::withIndexes)
        .withoutEdgeCases();
  }

  /** Some of the archives also have their indexes and records, as they should. */
  private static Arbitrary<Set<String>> withIndexes(Set<String> folder) {
    return Arbitraries.of(0, 1, 2)
        .map(share -> {
          Set<String> all = new HashSet<>(folder);
          folder.stream()
              .filter(ARCHIVES)
              .filter(name -> name.hashCode() % 2 < share)
              .forEach(name -> {
                all.add(name + ".index");
                all.add(name + ".verified");
              });
          return all;
        });
  }
}
