package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.store.ArchiveName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders written down with what should become of each file: {@code keep}, {@code delete}, {@code
 * future}, {@code leftover} (the index of the archive named) or {@code ignore}.
 */
class RotationGoldenTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "first-weeks",
        "monday-the-first",
        "kinds-and-indexes",
        "leftover-indexes",
        "future",
        "renamed",
        "nothing-stays"
      })
  void everyFileGetsItsVerdict(String golden) throws IOException {
    Policy policy = null;
    LocalDateTime now = null;
    List<String> fileNames = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (String line : lines(golden)) {
      String[] words = line.split(" +", -1);
      switch (words[0]) {
        case "#" -> {}
        case "policy" ->
            policy =
                new Policy(
                    Integer.parseInt(words[1]),
                    Integer.parseInt(words[2]),
                    Integer.parseInt(words[3]));
        case "now" -> now = LocalDateTime.parse(words[1]);
        case "ignore" -> fileNames.add(words[1]);
        case "leftover" -> {
          fileNames.add(words[1] + ".index");
          expected.add(words[0] + " " + words[1]);
        }
        default -> {
          fileNames.add(words[1]);
          expected.add(words[0] + " " + words[1]);
        }
      }
    }
    Collections.shuffle(fileNames, new Random(fileNames.size()));

    Rotation rotation =
        Rotation.plan(Objects.requireNonNull(policy), fileNames, Objects.requireNonNull(now));

    List<String> verdicts = new ArrayList<>();
    add(verdicts, "keep", rotation.keep());
    add(verdicts, "delete", rotation.delete());
    add(verdicts, "future", rotation.future());
    add(verdicts, "leftover", rotation.leftovers());
    assertThat(verdicts).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static List<String> lines(String golden) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            RotationGoldenTest.class.getResourceAsStream(golden + ".txt"), golden)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static void add(List<String> verdicts, String verdict, List<ArchiveName> names) {
    assertThat(names).isSorted();
    names.forEach(name -> verdicts.add(verdict + " " + name));
  }
}
