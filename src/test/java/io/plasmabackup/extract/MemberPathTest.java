package io.plasmabackup.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.RawPath;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemberPathTest {

  @ParameterizedTest
  @CsvSource({
    "a, a",
    "a/, a",
    "./a/b, a/b",
    "a//b, a/b",
    "a/./b, a/b",
    "...,...",
    "a/..b, a/..b",
    ".a,.a",
    "./,''",
    ".,''"
  })
  void isRelative(String name, String path) throws Exception {
    assertThat(MemberPath.of(RawPath.of(name))).isEqualTo(RawPath.of(path));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/a", "..", "a/..", "../a", "a/../b", "./..", "a/b/../../c"})
  void leadsNowhereElse(String name) {
    assertThatThrownBy(() -> MemberPath.of(RawPath.of(name))).isInstanceOf(Refusal.class);
  }
}
