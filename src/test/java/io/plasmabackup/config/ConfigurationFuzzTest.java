package io.plasmabackup.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.exclude.Exclusions;
import io.plasmabackup.testing.Refusals;
import java.nio.file.Path;
import java.util.List;

/** What is read is as {@link Configuration} promises; anything else is refused. */
class ConfigurationFuzzTest {

  private static final Source SOURCE = new Source(Path.of("/etc/plasma-agent.conf"));

  @FuzzTest
  void anyBytes(byte[] file) {
    Configuration configuration;
    try {
      configuration = ConfigurationFile.parse(SOURCE, file);
    } catch (Failure refused) {
      Refusals.check(refused, ExitCode.CONFIGURATION);
      assertThat(refused).hasMessageStartingWith("/etc/plasma-agent.conf:");
      return;
    }
    assertThat(configuration.folders()).isNotEmpty().doesNotHaveDuplicates();
    configuration.folders().forEach(ConfigurationFuzzTest::checkAbsolute);
    configuration.tempfile().ifPresent(ConfigurationFuzzTest::checkAbsolute);
    Exclusions.of(configuration.exclude());
    configuration.targets().forEach(ConfigurationFuzzTest::check);
    assertThat(configuration.executeBefore()).noneMatch(String::isBlank);
    assertThat(configuration.executeAfter()).noneMatch(String::isBlank);
    check(configuration.compression());
  }

  private static void check(Target target) {
    assertThat(target.remoteFolder()).isNotEmpty().doesNotContain("\n", "\r", "\0");
    assertThat(target.remoteFolder()).doesNotStartWith("-").doesNotStartWith("~/");
    target.ssh().ifPresent(ConfigurationFuzzTest::check);
  }

  private static void checkAbsolute(String path) {
    assertThat(path).startsWith("/").doesNotContain("//", "\0");
    if (!path.equals("/")) {
      assertThat(List.of(path.substring(1).split("/", -1))).doesNotContain("", ".", "..");
    }
  }

  private static void check(Compression compression) {
    compression.threads().ifPresent(threads -> assertThat(threads).isBetween(1, 64));
    compression.zstd().ifPresent(zstd -> assertThat(zstd.level()).isBetween(1, 19));
  }

  private static void check(Ssh ssh) {
    for (String word : List.of(ssh.host(), ssh.login().orElse("login"))) {
      assertThat(word).isNotEmpty().doesNotStartWith("-").doesNotContainAnyWhitespaces();
    }
    assertThat(ssh.host()).doesNotContain("@");
    ssh.port().ifPresent(port -> assertThat(port).isBetween(1, 65_535));
    ssh.identityFile().ifPresent(file -> assertThat(file).matches("(?s)~?/.*[^/]"));
    ssh.knownHostsFile().ifPresent(file -> assertThat(file).matches("(?s)~?/.*[^/]"));
  }
}
