package io.plasmabackup.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

class RequiresTest {

  private final @Nullable String given = System.getProperty("plasma.loopback");

  @AfterEach
  void restore() {
    if (given == null) {
      System.clearProperty("plasma.loopback");
    } else {
      System.setProperty("plasma.loopback", given);
    }
  }

  @Test
  void missingToolSkipsTheTest() {
    System.clearProperty("plasma.loopback");
    assertThatThrownBy(() -> Requires.tool("no-such-program"))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("needs the program no-such-program");
  }

  @Test
  void missingToolFailsTheTestWhereSkippingIsForbidden() {
    System.setProperty("plasma.loopback", "required");
    assertThatThrownBy(() -> Requires.tool("no-such-program"))
        .isInstanceOf(AssertionFailedError.class)
        .hasMessageContaining("needs the program no-such-program");
  }

  @Test
  void givesTheToolsPath() {
    assertThat(Requires.tool("sh")).matches(Files::isExecutable).hasFileName("sh");
  }
}
