package io.plasmabackup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ThreatModelTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "threat-model.md");
  private static final Path TESTS = Path.of("test", "java");
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)#(\\w+)`");

  @Test
  void everyTestThatItNamesIsThere() throws IOException {
    List<MatchResult> named = NAMED.matcher(Files.readString(DOCUMENT)).results().toList();
    assertThat(named).hasSizeGreaterThan(30);
    for (MatchResult test : named) {
      assertThat(Files.readString(source(test.group(1))))
          .as(test.group())
          .contains("void " + test.group(2) + "(");
    }
  }

  private static Path source(String name) throws IOException {
    try (Stream<Path> files = Files.walk(TESTS)) {
      return files
          .filter(file -> file.endsWith(name + ".java"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("there is no " + name));
    }
  }
}
