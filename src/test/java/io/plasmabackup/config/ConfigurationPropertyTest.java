package io.plasmabackup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever stands in the file, reading it ends in a valid configuration or in a Failure. */
class ConfigurationPropertyTest {

  private static Path directory = Path.of("");

  @BeforeContainer
  static void createDirectory() throws IOException {
    directory = Files.createTempDirectory("plasma-config");
  }

  @AfterContainer
  static void deleteDirectory() throws IOException {
    Files.deleteIfExists(directory.resolve("plasma-agent.conf"));
    Files.delete(directory);
  }

  /**
   * What stands {@code from} to {@code to} (per mille of the file) gives way to {@code
   * replacement}. A character stands for a byte.
   */
  record Mutation(int from, int to, String replacement) {

    String of(String original) {
      int begin = from * original.length() / 1000;
      int end = to * original.length() / 1000;
      return original.substring(0, begin) + replacement + original.substring(end);
    }
  }

  @Property(tries = 3000)
  void aMutatedExampleIsReadOrRefused(@ForAll("mutations") List<Mutation> mutations)
      throws IOException {
    String content = new String(ConfigurationFiles.example(), StandardCharsets.ISO_8859_1);
    for (Mutation mutation : mutations) {
      content = mutation.of(content);
    }

    readOrRefused(content.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Property(tries = 500)
  void anyTextIsReadOrRefused(@ForAll String content) throws IOException {
    readOrRefused(content.getBytes(StandardCharsets.UTF_8));
  }

  @Property(tries = 50)
  void nestingIsRefusedHoweverDeep(
      @ForAll @IntRange(min = 17, max = 150_000) int depth, @ForAll("openings") String opening)
      throws IOException {
    Path file = ConfigurationFiles.write(directory, "{\"options\": " + opening.repeat(depth));

    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("levels deep");
  }

  @Provide
  Arbitrary<List<Mutation>> mutations() {
    Arbitrary<Integer> from =
        Arbitraries.integers().between(0, 1000).withDistribution(RandomDistribution.uniform());
    // Most mutations are small, so that what is beyond the syntax is reached as well.
    Arbitrary<Integer> length =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.integers().between(0, 5)),
            Tuple.of(1, Arbitraries.integers().between(0, 1000)));
    Arbitrary<String> syntax =
        Arbitraries.of(
            "",
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            ":",
            ",",
            "/",
            "/*",
            "*/",
            "//",
            "\n",
            "\0",
            "\\u0000",
            "\\ud800",
            "null",
            "true",
            "-1",
            "1e9",
            "[]",
            "{}",
            "..",
            "~/",
            "\"port\": 22,",
            "\"a\": [{}],",
            "\u00ef\u00bb\u00bf",
            "\u00c3\u00a9");
    Arbitrary<String> replacement =
        Arbitraries.frequencyOf(
            Tuple.of(10, syntax),
            Tuple.of(5, Arbitraries.strings().ascii().ofMaxLength(4)),
            Tuple.of(1, Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(8)));
    return Combinators.combine(from, length, replacement)
        .as((f, l, r) -> new Mutation(f, Math.min(1000, f + l), r))
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<String> openings() {
    return Arbitraries.of("[", "{\"a\":", "[{\"\":", "[\n");
  }

  private static void readOrRefused(byte[] content) throws IOException {
    Path file = ConfigurationFiles.write(directory, content);
    Configuration read;
    try {
      read = ConfigurationFile.read(file);
    } catch (Failure refused) {
      assertThat(refused.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
      assertThat(refused).message().startsWith(file + ":").matches("\\P{Cntrl}{1,600}");
      return;
    }
    assertThat(read.folders()).isNotEmpty().allMatch(folder -> Path.of(folder).isAbsolute());
    assertThat(new HashSet<>(read.folders())).hasSameSizeAs(read.folders());
    assertThat(read.folders())
        .allSatisfy(folder -> assertThat(Path.of(folder).normalize()).hasToString(folder));
    assertThat(read.tempfile().stream().map(Path::of)).allMatch(Path::isAbsolute);
    assertThat(read.targets()).isNotEmpty();
    for (Target target : read.targets()) {
      assertThat(target.remoteFolder()).matches("[^-\n\0][^\n\0]*");
      assertThat(target.ssh().isPresent() || target.remoteFolder().startsWith("/")).isTrue();
    }
    assertThat(read.executeBefore()).noneMatch(String::isBlank);
    assertThat(read.executeAfter()).noneMatch(String::isBlank);
  }
}
