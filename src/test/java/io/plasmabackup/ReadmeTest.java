package io.plasmabackup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReadmeTest {

  private static final Path README = Path.of("..", "README.md");
  private static final String START = "<!-- exit codes -->\n";
  private static final String END = "<!-- /exit codes -->\n";

  @Test
  void exitCodesAreThoseOfTheCommands() throws IOException {
    String table =
        Arrays.stream(ExitCode.values())
            .map(code -> "| %d | %s |\n".formatted(code.number(), code.meaning()))
            .collect(Collectors.joining("", START + "| code | meaning |\n|---|---|\n", END));

    String readme = Files.readString(README);

    assertThat(readme).contains(START, END);
    assertThat(readme.substring(readme.indexOf(START), readme.indexOf(END) + END.length()))
        .as("the exit codes in README.md, which should be:%n%s", table)
        .isEqualTo(table);
  }
}
