package io.plasmabackup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ReadmeTest {

  private static final Path README = Path.of("..", "README.md");
  private static final String MARKER = "<!-- exit codes -->";

  @Test
  void exitCodesAreThoseOfTheCommands() throws IOException {
    Assumptions.assumeTrue(Files.exists(README), "there is no README.md yet");
    String table =
        Arrays.stream(ExitCode.values())
            .map(code -> "| %d | %s |\n".formatted(code.number(), code.meaning()))
            .collect(Collectors.joining("", "| Code | Meaning |\n|---|---|\n", ""));

    String[] parts = Files.readString(README).split(MARKER, -1);

    assertThat(parts)
        .as("README.md has the marker %s on a line before and after this table:\n%s", MARKER, table)
        .hasSize(3);
    assertThat(parts[1].strip())
        .as("the exit codes in README.md, which should be:\n%s", table)
        .isEqualTo(table.strip());
  }
}
