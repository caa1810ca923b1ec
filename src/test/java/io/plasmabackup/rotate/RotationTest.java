package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotationTest {

  private static final LocalDateTime NOW = LocalDateTime.of(2024, 5, 7, 12, 0);
  private static final Policy NONE = new Policy(0, 0, 0);

  @Test
  void anEmptyFolderStaysEmpty() {
    assertThat(Rotation.plan(NONE, List.of(), NOW))
        .isEqualTo(new Rotation(List.of(), List.of(), List.of(), List.of(), List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../20240102-0000-daily.tar",
        "/data/20240102-0000-daily.tar",
        "20240102-0000-daily.tar/",
        "20240102-0000-daily.tar/../20240103-0000-daily.tar",
        "20240102-0000-daily.tar\n",
        "\n20240102-0000-daily.tar",
        "20240102-0000-daily.tar\n20240103-0000-daily.tar",
        "20240102-0000-daily.tar\u0000",
        "\u001b[2J20240102-0000-daily.tar",
        "20240102-0000-daily.tar\ufffd",
        "20240102-0000-daily.tar.index.index",
        "20240102-0000-daily.index",
        "../20240102-0000-daily.tar.index",
        "20240102-0000-daily.tar\n.index",
        ".index",
        "..",
        ".",
        "",
        "*",
        "-rf",
      })
  void aNameThatIsNotExactlyOursIsNeverTouched(String fileName) {
    Rotation rotation = Rotation.plan(NONE, List.of(fileName), NOW);

    assertThat(rotation.delete()).isEmpty();
    assertThat(rotation.leftovers()).isEmpty();
  }

  @Test
  void aHugeNameIsNotTouched() {
    Rotation rotation = Rotation.plan(NONE, List.of("2".repeat(1_000_000) + ".index"), NOW);

    assertThat(rotation.leftovers()).isEmpty();
  }

  /** A listing is untrusted: a name in it twice must not take a second slot. */
  @Test
  void aNameListedTwiceCountsOnce() {
    String older = "20240502-0000-daily.tar";
    String newer = "20240503-0000-daily.tar";

    Rotation rotation = Rotation.plan(new Policy(2, 0, 0), List.of(newer, older, newer), NOW);

    assertThat(rotation.keep()).map(ArchiveName::fileName).containsExactly(older, newer);
    assertThat(rotation.delete()).isEmpty();
  }

  @Test
  void severalArchivesOfOneDayEachTakeASlot() {
    List<String> names =
        IntStream.range(0, 60).mapToObj("20240507-0900%02d-daily.tar"::formatted).toList();

    Rotation rotation = Rotation.plan(new Policy(5, 3, 2), names, NOW);

    assertThat(rotation.keep())
        .map(ArchiveName::fileName)
        .containsExactlyElementsOf(names.subList(55, 60));
    assertThat(rotation.delete()).hasSize(55);
  }

  /** After a battery died: everything good is "in the future", and nothing may go. */
  @Test
  void aClockThatFellBackDeletesNothing() {
    List<String> names =
        IntStream.rangeClosed(1, 28).mapToObj("202405%02d-0000-daily.tar"::formatted).toList();

    Rotation rotation = Rotation.plan(NONE, names, LocalDateTime.of(1970, 1, 1, 0, 0));

    assertThat(rotation.delete()).isEmpty();
    assertThat(rotation.future()).hasSize(28);
  }

  @Test
  void aSparedArchiveStaysOnTopOfTheOthers() {
    List<String> names = List.of("20240502-0000-daily.tar", "20240503-0000-daily.tar");
    Rotation rotation = Rotation.plan(new Policy(1, 0, 0), names, NOW);

    assertThat(rotation.sparing(ArchiveName.parse(names.getLast()).orElseThrow()))
        .isEqualTo(rotation);
    Rotation sparing = rotation.sparing(ArchiveName.parse(names.getFirst()).orElseThrow());
    assertThat(sparing.delete()).isEmpty();
    assertThat(sparing.keep()).map(ArchiveName::fileName).containsExactlyElementsOf(names);
  }
}
