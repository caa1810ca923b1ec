package io.plasmabackup.setup;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ConfigurationTextTest {

  @Test
  void whateverTheValuesHoldTheConfigurationSaysJustThat() throws Exception {
    String hostile =
        "/a\", \"executeBefore\": [\"touch /pwned\"], /* \\\n\t\u2028 ä \ud83d\ude00 */b";
    Choices choices =
        new Choices(
            List.of("/etc", hostile),
            List.of("*.o\"]", "/* x", "\\#y"),
            "btrfs-snapshot",
            "none",
            "host\"]}",
            "login\\",
            OptionalInt.of(2222),
            Optional.of("/k\"ey"),
            "/data/\"'\\${x}");

    String text = ConfigurationText.of(choices);
    Configuration read = ConfigurationFile.parse(Path.of("/etc/plasma-agent.conf"), text);

    assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(text)).isTrue();
    assertThat(read.folders()).containsExactlyElementsOf(choices.folders());
    assertThat(read.exclude()).containsExactlyElementsOf(choices.exclude());
    assertThat(read.strategy().text()).isEqualTo("btrfs-snapshot");
    assertThat(read.compression().zstd()).isEmpty();
    assertThat(read.targets().getFirst().ssh())
        .hasValueSatisfying(ssh -> {
          assertThat(ssh.host()).isEqualTo(choices.host());
          assertThat(ssh.login()).hasValue(choices.login());
          assertThat(ssh.port()).hasValue(2222);
          assertThat(ssh.identityFile()).hasValue("/k\"ey");
        });
    assertThat(read.targets().getFirst().remoteFolder()).isEqualTo(choices.remoteFolder());
    assertThat(read.executeBefore()).isEmpty();
    assertThat(read.executeAfter()).isEmpty();
  }
}
