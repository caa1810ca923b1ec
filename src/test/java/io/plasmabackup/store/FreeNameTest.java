package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.ArchiveName.Suffix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FreeNameTest {

  /** The last second of a Saturday, before a first of the month. */
  private static final LocalDateTime MIDNIGHT = LocalDateTime.of(2024, 8, 31, 23, 59, 59);

  @Test
  void theShortestNameIsTakenFirst() {
    assertThat(name(Set.of())).isEqualTo("20240831-2359-daily.tar");
    assertThat(name(Set.of("20240831-2358-daily.tar"))).isEqualTo("20240831-2359-daily.tar");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "20240831-2359-daily.tar",
        "20240831-2359-daily.tar.index",
        "20240831-2359-daily.tar.verified",
        ".20240831-2359-daily.tar.verified.part",
        ".20240831-2359-daily.tar.part",
        ".20240831-2359-daily.tar.index.part",
      })
  void whateverIsThereOfAnArchiveTakesItsName(String fileName) {
    assertThat(name(Set.of(fileName))).isEqualTo("20240831-235959-daily.tar");
    assertThat(name(Set.of(fileName, fileName.replace("-2359-", "-235959-"))))
        .isEqualTo("20240901-000000-daily.tar");
  }

  @Test
  void aMinuteOfSecondsIsTriedAndAllOfThemKeepTheLabelOfTheRun() {
    Set<String> fileNames = new LinkedHashSet<>();
    for (Optional<ArchiveName> next = choose(fileNames);
        next.isPresent();
        next = choose(fileNames)) {
      assertThat(next.get().label()).isEqualTo(Label.DAILY);
      assertThat(fileNames.add(next.get().fileName())).isTrue();
    }

    assertThat(fileNames)
        .hasSize(61)
        .startsWith("20240831-2359-daily.tar", "20240831-235959-daily.tar")
        .endsWith("20240901-000058-daily.tar");
  }

  @Test
  void whenAllAreTakenNothingIsOverwrittenAndTheMessageSaysWhy(@TempDir Path folder)
      throws Exception {
    try (Store store = LocalStore.open(folder)) {
      for (int i = 0; i < 61; i++) {
        Files.createFile(folder.resolve(FreeName.in(store, MIDNIGHT, Suffix.TAR).fileName()));
      }

      Failure failure =
          catchThrowableOfType(
              Failure.class, () -> FreeName.in(store, MIDNIGHT, Suffix.TAR).fileName());

      assertThat(failure.exitCode()).isEqualTo(ExitCode.STORAGE);
      assertThat(failure)
          .hasMessageContainingAll(folder.toRealPath().toString(), "already", "start again");
    }
  }

  private static Optional<ArchiveName> choose(Set<String> fileNames) {
    return FreeName.choose(new HashSet<>(fileNames), MIDNIGHT, Suffix.TAR);
  }

  private static String name(Set<String> fileNames) {
    return choose(fileNames).orElseThrow().fileName();
  }
}
