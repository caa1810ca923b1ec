package io.plasmabackup.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {

  private static final List<String> KNOWN = List.of("host", "hosts", "login", "remoteFolder");

  @ParameterizedTest
  @CsvSource({
    "hots, host",
    "hst, host",
    "HOST, host",
    "hostss, hosts",
    "logni, login",
    "lgn, ''",
    "remotefolders, remoteFolder",
    "remote-folder, remoteFolder",
    "remoteDirectory, ''",
    "x, ''",
    "'', ''",
  })
  void namesTheNearestWordIfOneIsNear(String word, String meant) {
    assertThat(Suggestion.of(word, KNOWN))
        .isEqualTo(meant.isEmpty() ? "" : "; did you mean \"" + meant + "\"?");
  }
}
