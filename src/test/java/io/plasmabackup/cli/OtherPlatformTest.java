package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OtherPlatformTest {

  @Test
  void agentRefusesToRunOnAnArchitectureThatItsBindingsAreNotFor() {
    Command.Result result =
        Command.attempt(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dos.arch=riscv64",
            "-cp",
            System.getProperty("java.class.path"),
            PlasmaAgent.class.getName(),
            "--config",
            "/nonexistent");

    assertThat(result.output())
        .isEqualTo(
            "plasma-agent: Plasma runs on x86-64 and aarch64, not on riscv64; nothing was done");
    assertThat(result.status()).isEqualTo(4);
  }
}
