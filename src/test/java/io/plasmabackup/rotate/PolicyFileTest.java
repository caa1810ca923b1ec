package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFileTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"policy\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}",
        "{\"policy\":{\"monthly\":2,\"daily\":5,\"weekly\":3}}",
        "\ufeff{\"policy\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}",
        "{\"polic\\u0079\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}\n\n",
        """
        // how many stay
        {
            "policy": {
                "daily": 5, /* a working week */
                "weekly": 3,
                "monthly": 2,
            },
        }
        // the end
        """
      })
  void readsAPolicy(String content) throws Exception {
    assertThat(read(content)).contains(new Policy(5, 3, 2));
  }

  @Test
  void zeroAndTheMaximumAreAllowed() throws Exception {
    assertThat(read("{\"policy\": {\"daily\": 0, \"weekly\": 100000, \"monthly\": 0}}"))
        .contains(new Policy(0, 100_000, 0));
  }

  @ParameterizedTest
  @CsvSource({"14d, 336", "36h, 36", "0d, 0", "0h, 0", "100000d, 2400000"})
  void aMinimumAgeIsDaysOrHours(String text, long hours) throws Exception {
    assertThat(
            read(
                "{\"policy\": {\"daily\": 5, \"minimumAge\": \"%s\", \"weekly\": 3, \"monthly\": 2}}"
                    .formatted(text)))
        .contains(new Policy(5, 3, 2, Optional.of(Duration.ofHours(hours))));
  }

  @Test
  void noFileIsNoPolicy() throws Exception {
    try (Store store = LocalStore.open(folder)) {
      assertThat(PolicyFile.read(store)).isEmpty();
    }
  }

  static Stream<Arguments> refusesWhatIsNotExactlyAPolicy() {
    return Stream.of(
        row("", 1, "the file is empty"),
        row(" \n\n ", 1, "the file is empty"),
        row("// nothing\n", 1, "the file is empty"),
        row("null", 1, "must hold an object"),
        row("[]", 1, "must hold an object"),
        row("5", 1, "must hold an object"),
        row("{}", 1, "\"policy\" is missing"),
        row("{\n}\n", 2, "\"policy\" is missing"),
        row("{\"daily\": 5, \"weekly\": 3, \"monthly\": 2}", 1, "unknown key \"daily\""),
        row("{\n\"Policy\": {}}", 2, "unknown key \"Policy\""),
        row("{\"policy\": null}", 1, "\"policy\" must be an object"),
        row("{\"policy\": 5}", 1, "\"policy\" must be an object"),
        row("{\"policy\": [5, 3, 2]}", 1, "\"policy\" must be an object"),
        row("{\"policy\": \"5 3 2\"}", 1, "\"policy\" must be an object"),
        row(policy(""), 4, "\"daily\" is missing"),
        row(policy("\"weekly\": 3, \"monthly\": 2"), 4, "\"daily\" is missing"),
        row(policy("\"daily\": 5, \"monthly\": 2"), 4, "\"weekly\" is missing"),
        row(policy("\"daily\": 5, \"weekly\": 3"), 4, "\"monthly\" is missing"),
        row(daily("-1"), 3, "from 0 to 100000, not -1"),
        row(daily("2.5"), 3, "not 2.5"),
        row(daily("5.0"), 3, "not 5.0"),
        row(daily("5e0"), 3, "not 5e0"),
        row(daily("100001"), 3, "not 100001"),
        row(daily("2147483648"), 3, "not 2147483648"),
        row(daily("4294967301"), 3, "not 4294967301"),
        row(daily("-9223372036854775809"), 3, "not -9223372036854775809"),
        row(daily("18446744073709551621"), 3, "not 18446744073709551621"),
        row(daily("1".repeat(2000)), 3, "not valid JSON"),
        row(daily("\"5\""), 3, "not \"5\""),
        row(daily("null"), 3, "not null"),
        row(daily("true"), 3, "not true"),
        row(daily("[5]"), 3, "not a list"),
        row(daily("{\"keep\": 5}"), 3, "not an object"),
        row(daily("05"), 3, "not valid JSON"),
        row(daily("+5"), 3, "not valid JSON"),
        row(daily("0x5"), 3, "not valid JSON"),
        row(daily("NaN"), 3, "not valid JSON"),
        row(daily("five"), 3, "not valid JSON"),
        row(daily(""), 4, "not valid JSON"),
        row(daily("5, \"daily\": 5"), 3, "\"daily\" is there twice"),
        row(daily("5,\n\"d\\u0061ily\": 7"), 4, "\"daily\" is there twice"),
        row(
            daily("5, \"minimumAge\": 14"),
            3,
            "a number with h or d, such as 14d, from 0h to 100000d, not 14"),
        row(daily("5, \"minimumAge\": \"14\""), 3, "not \"14\""),
        row(daily("5, \"minimumAge\": \"-1d\""), 3, "not \"-1d\""),
        row(daily("5, \"minimumAge\": \"1w\""), 3, "not \"1w\""),
        row(daily("5, \"minimumAge\": \"100001d\""), 3, "not \"100001d\""),
        row(daily("5, \"minimumAge\": \"9999999d\""), 3, "not \"9999999d\""),
        row(daily("5, \"minimumAge\": null"), 3, "not null"),
        row(daily("5, \"minimumAge\": [\"14d\"]"), 3, "not a list"),
        row(
            daily("5, \"minimumAge\": \"14d\", \"minimumAge\": \"14d\""),
            3,
            "\"minimumAge\" is there twice"),
        row(daily("5, \"yearly\": 1"), 3, "unknown key \"yearly\""),
        row(daily("5, \"Daily\": 1"), 3, "unknown key \"Daily\""),
        row(daily("5, \"\": 1"), 3, "unknown key \"\""),
        row(
            "{\"policy\": " + RIGHT + ",\n\"policy\": " + RIGHT + "}",
            2,
            "\"policy\" is there twice"),
        row("{\"policy\": " + RIGHT + "}\n}", 2, "not valid JSON"),
        row("{\"policy\": " + RIGHT + "}\n{}", 2, "something follows"),
        row("{\"policy\": " + RIGHT + "}\n0", 2, "something follows"),
        row("{\"policy\": " + RIGHT + "}\nthanks", 2, "not valid JSON"),
        row("{\"policy\": " + RIGHT, 1, "the file ends too early"),
        row("{\"policy\": {\n\"daily\": 5", 2, "the file ends too early"),
        row("{\"policy\": " + RIGHT + "} /* no end", 1, "the file ends too early"),
        row("{\"policy\": " + RIGHT + ",,}", 1, "not valid JSON"),
        row("{\"policy\" " + RIGHT + "}", 1, "not valid JSON"),
        row("{policy: " + RIGHT + "}", 1, "not valid JSON"),
        row("{'policy': " + RIGHT + "}", 1, "not valid JSON"),
        row("# daily\n{\"policy\": " + RIGHT + "}", 1, "not valid JSON"),
        row("{\"policy\": " + RIGHT + "]", 1, "not valid JSON"),
        row("\n{\"" + "k".repeat(60_000) + "\": 1}", 2, "not valid JSON"),
        row("[".repeat(2000), 1, "must hold an object"),
        row("\u0000\u0000\u0000", 1, "not valid JSON"));
  }

  private static final String RIGHT = "{\"daily\": 5, \"weekly\": 3, \"monthly\": 2}";

  /** The whole of the policy's object is on line 3, its end on line 4. */
  private static String policy(String members) {
    return "{\n\"policy\": {\n" + members + "\n}}";
  }

  private static String daily(String value) {
    return policy("\"monthly\": 2, \"weekly\": 3, \"daily\": " + value);
  }

  private static Arguments row(String content, int line, String reason) {
    return Arguments.of(content, line, reason);
  }

  @ParameterizedTest
  @MethodSource
  void refusesWhatIsNotExactlyAPolicy(String content, int line, String reason) throws Exception {
    Failure failure = failure(content.getBytes(StandardCharsets.UTF_8));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure)
        .hasMessageStartingWith(folder + "/plasma-rotate.json, line " + line + ": ")
        .hasMessageContaining(reason)
        .hasMessageEndingWith("; nothing was deleted");
    assertPrintable(failure);
  }

  @Test
  void anEncodingThatNobodyUsesIsRefused() throws Exception {
    Failure failure = failure(new byte[] {0, 0, (byte) 0xff, (byte) 0xfe, 0, 0, 0, 0});

    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure).hasMessageContaining("line 1: not valid JSON");
    assertPrintable(failure);
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() throws Exception {
    Failure failure = failure("{\"policy\u00e9\": {}}".getBytes(StandardCharsets.ISO_8859_1));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure).hasMessageContaining("line 1: not valid JSON");
    assertPrintable(failure);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"\\u001b[2J\\n\": 1}",
        "{\"\u001b[2J\": 1}",
        "{\"\u202e\u009b31m\": 1}",
        "{\"policy\": {\"daily\": \"\\u001b]0;x\\u0007\"}}",
        "a\u001b\u0007b",
        "{\"policy\": \u001b}",
        "\u009b",
      })
  void whatStandsInTheFileCannotReachTheTerminal(String content) throws Exception {
    assertPrintable(failure(content.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aLongKeyIsNotRepeatedInFull() throws Exception {
    Failure failure =
        failure(("{\"" + "x".repeat(5000) + "\": 1}").getBytes(StandardCharsets.UTF_8));

    assertThat(failure.getMessage().length() - folder.toString().length()).isLessThan(200);
  }

  @Test
  void aFileOfMoreThan64KiBIsRefused() throws Exception {
    String policy = "{\"policy\": " + RIGHT + "}";
    assertThat(read(policy + " ".repeat(64 * 1024 - policy.length()))).isPresent();

    Failure failure =
        failure(
            (policy + " ".repeat(64 * 1024 + 1 - policy.length()))
                .getBytes(StandardCharsets.UTF_8));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure).hasMessageContaining("plasma-rotate.json").hasMessageContaining("65536");
  }

  @Test
  void aLinkIsNotFollowed(@TempDir Path elsewhere) throws Exception {
    Path real = Files.writeString(elsewhere.resolve("policy"), "{\"policy\": " + RIGHT + "}");
    Files.createSymbolicLink(folder.resolve(PolicyFile.NAME), real);

    Failure failure = failure();
    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure).hasMessageContaining(folder + "/plasma-rotate.json");
  }

  @Test
  void aFolderInItsPlaceIsRefused() throws Exception {
    Files.createDirectory(folder.resolve(PolicyFile.NAME));

    assertThat(failure().exitCode()).isEqualTo(ExitCode.CONFIGURATION);
  }

  private Optional<Policy> read(String content) throws IOException, Failure {
    Files.writeString(folder.resolve(PolicyFile.NAME), content);
    try (Store store = LocalStore.open(folder)) {
      return PolicyFile.read(store);
    }
  }

  private Failure failure(byte[] content) throws IOException, Failure {
    Files.write(folder.resolve(PolicyFile.NAME), content);
    return failure();
  }

  private Failure failure() throws Failure {
    try (Store store = LocalStore.open(folder)) {
      Failure failure = catchThrowableOfType(Failure.class, () -> PolicyFile.read(store));
      assertThat(failure).isNotNull();
      return failure;
    }
  }

  private static void assertPrintable(Failure failure) {
    assertThat(failure.getMessage()).matches("[ -~]+");
  }
}
