package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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
}
