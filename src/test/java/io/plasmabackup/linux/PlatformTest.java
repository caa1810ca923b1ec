package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {

  @ParameterizedTest
  @ValueSource(strings = {"x86", "i386", "arm", "riscv64", "ppc64le", "s390x", "loongarch64"})
  void refusesOtherArchitectures(String architecture) {
    assertThatThrownBy(() -> Platform.of("Linux", architecture))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("Plasma runs on x86-64 and aarch64, not on " + architecture);
  }

  @Test
  void refusesOtherSystems() {
    assertThatThrownBy(() -> Platform.of("Mac OS X", "aarch64"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("Plasma runs on Linux only, not on Mac OS X");
  }

  @Test
  void knowsThisOne() {
    assertThat(Platform.current()).isEqualTo(Platform.of("Linux", System.getProperty("os.arch")));
  }
}
