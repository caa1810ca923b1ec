package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is visible where in the tables of real layouts; their README.md says how to read them. */
class VisibleMountsTest {

  private static final String NONE = "-";

  /** A file's lines by the character that they start with, {@code |} for those of the table. */
  private record Layout(Map<Character, List<String>> lines) {

    static Layout read(Path file) throws IOException {
      return new Layout(
          Files.readAllLines(file, StandardCharsets.ISO_8859_1).stream()
              .collect(
                  Collectors.groupingBy(
                      line -> Character.isDigit(line.charAt(0)) ? '|' : line.charAt(0))));
    }

    List<String> of(char kind) {
      return lines.getOrDefault(kind, List.of());
    }

    MountTable table() throws IOException {
      String text = of('|').stream().map("%s\n"::formatted).collect(Collectors.joining());
      return MountTable.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  static Stream<Path> layouts() throws IOException, URISyntaxException {
    Path folder =
        Path.of(Objects.requireNonNull(VisibleMountsTest.class.getResource("mountinfo")).toURI());
    List<Path> layouts = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(file -> file.toString().endsWith(".txt")).sorted().forEach(layouts::add);
    }
    assertThat(layouts).hasSizeGreaterThan(10);
    return layouts.stream();
  }

  private static RawPath path(String field) {
    return MountTable.unescape(field);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void everyPathIsInTheMountThatTheKernelFinds(Path file) throws IOException {
    Layout layout = Layout.read(file);
    MountTable table = layout.table();
    SoftAssertions all = new SoftAssertions();
    for (String line : layout.of('=')) {
      String[] expected = line.split(" ", -1);
      RawPath path = path(expected[1]);
      all.assertThat(table.at(path).map(mount -> Long.toString(mount.id())).orElse(NONE))
          .as("mount at %s", path)
          .isEqualTo(expected[2]);
      if (!expected[2].equals(NONE)) {
        all.assertThat(table.at(path).flatMap(mount -> mount.within(path)))
            .as("place of %s", path)
            .isEqualTo(
                expected[3].equals(NONE) ? Optional.empty() : Optional.of(path(expected[3])));
      }
    }
    all.assertThat(layout.of('=')).isNotEmpty();
    all.assertAll();
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void whatIsMountedBelowIsWhatCanBeSeenThere(Path file) throws IOException {
    Layout layout = Layout.read(file);
    MountTable table = layout.table();
    SoftAssertions all = new SoftAssertions();
    for (String line : layout.of('>')) {
      String[] expected = line.split(" ", -1);
      all.assertThat(table.visibleBelow(path(expected[1])))
          .as("below %s", expected[1])
          .extracting(mount -> Long.toString(mount.id()))
          .containsExactly(List.of(expected).subList(2, expected.length).toArray(String[]::new));
    }
    all.assertThat(layout.of('>')).isNotEmpty();
    all.assertAll();
  }
}
