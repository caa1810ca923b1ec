package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileNamesTest {

  @Test
  void whatIsShownIsOneHonestLine() {
    assertThat(FileNames.shown("a\nb\u001b[2J\u202ec ü"))
        .isEqualTo("a\\u000ab\\u001b[2J\\u202ec ü");
    assertThat(FileNames.shown("x".repeat(10_000))).hasSize(501).endsWith("…");
  }

  @Test
  void partsAreHidden() {
    assertThat(FileNames.part("a.tar")).isEqualTo(".a.tar.part");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.tar", ".a.tar.part", ".", "\n"})
  void aPartIsToldByItsName(String name) {
    assertThat(FileNames.ofPart("." + name + ".part")).contains(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", ".part", "..part", "a.part", ".a", ".a.part ", " .a.part"})
  void nothingElseIsAPart(String name) {
    assertThat(FileNames.ofPart(name)).isEmpty();
  }
}
