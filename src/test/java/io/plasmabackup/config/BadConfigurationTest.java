package io.plasmabackup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What must not be accepted, and what its author reads. */
class BadConfigurationTest {

  /** Good as it stands; each case spoils a line of it. Line 5 is there to be filled. */
  private static final List<String> GOOD =
      List.of(
          "{",
          "  \"folders\": [\"/etc\"],",
          "  \"strategy\": \"tar\",",
          "  \"remoteFolder\": \"/backup\",",
          "",
          "}");

  private static final String SECRET = "hunter2";

  private static final String RECIPIENT =
      "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

  @TempDir Path directory;

  /**
   * @param place line, or line:column, that the message names
   * @param fragments what the message says, among other things
   */
  record Case(String text, String place, List<String> fragments) {
    @Override
    public String toString() {
      return Quoted.of(text) + " " + fragments;
    }
  }

  @ParameterizedTest
  @MethodSource({"syntax", "structure", "keysAndTypes", "values"})
  void isRefusedInOneLineThatNamesThePlace(Case bad) throws IOException {
    Path file = ConfigurationFiles.write(directory, bad.text());

    Failure failure = catchThrowableOfType(Failure.class, () -> ConfigurationFile.read(file));

    assertThat(failure).as("the failure").isNotNull();
    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure)
        .message()
        .startsWith(file + ":" + bad.place() + ": ")
        .contains(bad.fragments())
        .doesNotContain(SECRET)
        .doesNotContainIgnoringCase("jackson", "exception", "token", "REDACTED")
        .matches("\\P{Cntrl}+");
    assertThat(failure.getCause()).as("a cause could hold text of the file").isNull();
  }

  @Test
  void theLineThatIsSpoiltIsGoodOtherwise() throws Exception {
    Path file = ConfigurationFiles.write(directory, String.join("\n", GOOD));

    assertThat(ConfigurationFile.read(file).folders()).containsExactly("/etc");
  }

  @Test
  void theWholeMessageReadsWell() throws IOException {
    Path file = ConfigurationFiles.write(directory, line(3, "\"strategi\": \"tar\","));

    Failure failure = catchThrowableOfType(Failure.class, () -> ConfigurationFile.read(file));

    assertThat(failure)
        .hasMessage(
            file
                + ":3: \"strategi\" is not a key here; allowed: compression, encryption, exclude, executeAfter,"
                + " executeAlways, executeBefore, executeOnFailure, folders, metricsFile, options,"
                + " priority, remoteFolder, ssh, strategy, targets, tempfile, timezone; did you mean"
                + " \"strategy\"?");
  }

  @Test
  void whereverTheExampleIsCutOffTheMessageSaysSo() throws IOException {
    String example = new String(ConfigurationFiles.example(), StandardCharsets.UTF_8);
    int end = example.lastIndexOf('}');
    for (int length = 1; length <= end; length++) {
      Path file = ConfigurationFiles.write(directory, example.substring(0, length));

      assertThatThrownBy(() -> ConfigurationFile.read(file))
          .as("cut off after %d characters", length)
          .isInstanceOf(Failure.class)
          .message()
          .contains("the file ends");
    }
  }

  static Stream<Case> syntax() {
    return Stream.of(
        bad("", "1", "the file is empty"),
        bad("\n\n// nothing but a comment", "1", "the file is empty"),
        bad("# hunter2", "1:1", "expected a value"),
        bad("1hunter2", "1:2", "expected an object in braces"),
        bad("}", "1:1", "closing bracket"),
        bad("{", "1:2", "ends too early", "the { of line 1"),
        bad("{\n\"folders\": [\n\"/etc\",\n", "4:1", "ends too early", "the [ of line 2"),
        bad("{\n\"folders\": \"/hunter2", "2:21", "ends too early", "the { of line 1"),
        bad("{\n\"folders", "2:9", "ends too early"),
        bad("{\n/* hunter2", "2:11", "ends inside a comment", "*/"),
        bad("/* hunter2", "1:11", "ends inside a comment", "*/"),
        bad(line(3, "\"strategy\": \"tar\""), "4:3", "a comma is missing"),
        bad(line(2, "\"folders\": [\"/etc\" \"/usr\"],"), "2:20", "a comma is missing"),
        bad(line(2, "\"folders\": [\"/etc\",, \"/usr\"],"), "2:20", "expected a value"),
        bad(line(5, "hunter2: 1"), "5:1", "a key in double quotes"),
        bad(line(5, "'timezone': 'UTC'"), "5:1", "a key in double quotes"),
        bad(line(5, "\"timezone\": 'hunter2'"), "5:13", "a value", "double quotes"),
        bad(line(5, "\"timezone\" = \"UTC\""), "5:12", "expected a colon"),
        bad(line(5, "\"timezone\": hunter2"), "5:13", "a value", "double quotes"),
        bad(line(5, "\"timezone\": NaN"), "5:16", "a value", "double quotes"),
        bad(line(5, "\"timezone\": "), "6:1", "expected a value"),
        bad(line(5, "\"tempfile\": /hunter2"), "5:14", "a path is written in double quotes"),
        bad(line(5, "\"tempfile\": \"/hunter2,"), "5:23", "is the closing quote missing?"),
        bad(line(5, "\"tempfile\": \"/a\\hunter2\""), "5:17", "unknown escape", "\\\\"),
        bad(line(5, "\"tempfile\": \"/a\\u12\""), "5:20", "unknown escape"),
        bad(line(5, "\"tempfile\": \"/a\u0007\""), "5:16", "control character"),
        bad(line(5, "\u0007"), "5:1", "a control character outside a string"),
        bad(line(5, "\"ssh\": {\"host\": \"h\", \"port\": 022}"), "5:31", "begin with 0"),
        bad(line(5, "\"ssh\": {\"host\": \"h\", \"port\": -}"), "5:31", "not a number"),
        bad(line(2, "\"folders\": [\"/etc\"},"), "2:19", "closing bracket"),
        bad(line(6, "} hunter2"), "6:3", "only comments may follow"),
        bad(line(6, "}, {}"), "6:2", "only comments may follow"),
        bad(line(6, "}\n{}"), "7:1", "only comments may follow"),
        bad(line(6, "}}"), "6:2", "only comments may follow"));
  }

  static Stream<Case> structure() {
    return Stream.of(
        bad("[]", "1", "expected an object in braces"),
        bad("\n\"/etc\"", "2", "expected an object in braces"),
        bad("null", "1", "expected an object in braces"),
        bad(line(5, "\"strategy\": \"noop\""), "5", "\"strategy\" is there already, on line 3"),
        bad(
            line(5, "\"ssh\": {\"host\": \"a\",\n\n\"host\": \"b\"}"),
            "7",
            "\"host\" is there already, on line 5"),
        bad(
            line(5, "\"\\u0073trategy\": \"noop\""),
            "5",
            "\"strategy\" is there already, on line 3"),
        bad(line(5, "\"options\":\n" + "[".repeat(20)), "6", "more than 16 levels"),
        bad(line(5, "\"options\": " + "{\"a\":\n".repeat(100_000)), "20", "more than 16 levels"));
  }

  static Stream<Case> keysAndTypes() {
    return Stream.of(
        bad("{}", "1", "\"folders\" is missing", "a list of absolute paths"),
        bad("// first\n\n{}", "3", "\"folders\" is missing"),
        bad(line(2, ""), "1", "\"folders\" is missing"),
        bad(line(3, ""), "1", "\"strategy\" is missing", "btrfs-snapshot, noop, tar"),
        bad(line(4, ""), "1", "\"remoteFolder\" is missing"),
        bad(line(5, "\"ssh\":\n{\"login\": \"a\"}"), "6", "\"ssh.host\" is missing"),
        bad(line(5, "\"exclud\": []"), "5", "\"exclud\" is not a key here", "allowed: "),
        bad(line(5, "\"exclude\": \"*.o\""), "5", "\"exclude\"", "a list of strings"),
        bad(line(5, "\"exclude\": [\"*.o\",\ntrue]"), "6", "only strings", "found true"),
        bad(line(5, "\"Folders\": []"), "5", "did you mean \"folders\"?"),
        bad(line(5, "\"remote_folder\": 1"), "5", "did you mean \"remoteFolder\"?"),
        bad(line(5, "\"\": 1"), "5", "\"\" is not a key here"),
        bad(line(5, "\"a\\nb\\u001b[31m\\u202e\": 1"), "5", "\"a\\u000ab\\u001b[31m\\u202e\""),
        bad(line(5, "\"" + "k".repeat(60_000) + "\":\n1"), "5", "\"" + "k".repeat(80) + "…\""),
        bad(
            line(5, "\"ssh\": {\n\"hots\": \"a\"}"),
            "6",
            "\"hots\" is not a key in \"ssh\"",
            "allowed: bandwidthLimit, connections, host, identityFile, knownHostsFile, login, port, readBack, retryFor, stallTimeout;",
            "did you mean \"host\"?"),
        bad(
            line(5, "\"options\": {\n\"level\": 3}"),
            "6",
            "\"level\" is not a key in \"options\"",
            "allowed: changeDetection, excludeCaches, excludeNodump, fullReadEvery, keepLastSnapshot, otherFilesystems, readOnlySubvolumes"),
        bad(
            line(5, "\"options\": {\n\"readonlySubvolume\": 3}"),
            "6",
            "did you mean \"readOnlySubvolumes\"?"),
        bad(options("\"readOnlySubvolumes\": true"), "5", "a string, found true"),
        bad(options("\"otherFilesystems\": [\"skip\"]"), "5", "a string, found a list"),
        bad(
            options("\n\"excludeCaches\": \"yes\""),
            "6",
            "\"options.excludeCaches\": expected true or false, found a string"),
        bad(options("\"excludeNodump\": 1"), "5", "true or false, found a number"),
        bad(options("\"excludeNodump\": null"), "5", "true or false, found null"),
        bad(line(5, "\"options\": []"), "5", "\"options\"", "an object", "found an empty list"),
        bad(line(2, "\"folders\": \"/etc\","), "2", "a list of strings, found a string"),
        bad(line(2, "\"folders\": [\"/etc\",\n7],"), "3", "only strings", "found a number"),
        bad(line(2, "\"folders\": [[\"/etc\"]],"), "2", "only strings", "found a list"),
        bad(line(3, "\"strategy\": null,"), "3", "\"strategy\"", "a string, found null"),
        bad(line(3, "\"strategy\": [],"), "3", "a string, found an empty list"),
        bad(line(4, "\"remoteFolder\": 5,"), "4", "a string, found a number"),
        bad(line(5, "\"tempfile\":\nfalse"), "6", "\"tempfile\"", "a string, found false"),
        bad(line(5, "\"ssh\": \"host\""), "5", "\"ssh\"", "an object in braces, found a string"),
        bad(line(5, "\"ssh\": {\"host\": true}"), "5", "\"ssh.host\"", "found true"),
        bad(ssh("\"port\": \"22\""), "5", "\"ssh.port\"", "a whole number, found a string"),
        bad(ssh("\"port\": 22.0"), "5", "\"ssh.port\"", "found a number with a fraction"),
        bad(line(5, "\"executeBefore\": \"hunter2\""), "5", "\"executeBefore\"", "a list"),
        bad(line(5, "\"executeAfter\": [{}]"), "5", "\"executeAfter\"", "found an object"),
        bad(line(5, "\"timezone\": 1"), "5", "\"timezone\"", "a string, found a number"));
  }

  static Stream<Case> values() {
    return Stream.of(
        bad(line(2, "\"folders\": [],"), "2", "\"folders\"", "at least one"),
        bad(line(2, "\"folders\": [\n\"etc\"],"), "3", "\"etc\" is not absolute"),
        bad(line(2, "\"folders\": [\"\"],"), "2", "\"\" is not absolute"),
        bad(line(2, "\"folders\": [\"~/x\"],"), "2", "\"~/x\" is not absolute"),
        bad(line(2, "\"folders\": [\"/a/../etc\"],"), "2", "\"/a/../etc\" has a . or .."),
        bad(line(2, "\"folders\": [\"/etc/.\"],"), "2", "\"/etc/.\" has a . or .."),
        bad(line(2, "\"folders\": [\"/..\"],"), "2", "has a . or .."),
        bad(line(2, "\"folders\": [\"/e\\u0000tc\"],"), "2", "\"folders\"", "a NUL"),
        bad(line(2, "\"folders\": [\"/e\\ud800\"],"), "2", "\"folders\"", "surrogate"),
        bad(
            line(2, "\"folders\": [\"/etc\",\n\"/usr\", \"//etc/\"],"),
            "3",
            "\"//etc/\" is there already, on line 2"),
        bad(line(3, "\"strategy\": \"Tar\","), "3", "allowed: btrfs-", "did you mean \"tar\"?"),
        bad(
            line(5, "\"compression\": \"ztsd\","),
            "5",
            "\"compression\": \"ztsd\" is not a compression; allowed: none, zstd, or an object such as {\"level\": 3}; did you mean \"zstd\"?"),
        bad(
            line(5, "\"compression\": \"lz4\","),
            "5",
            "\"compression\": \"lz4\" is not a compression; allowed: none, zstd, or an object such as {\"level\": 3}"),
        bad(
            line(5, "\"compression\": \"zstd:7\","),
            "5",
            "\"zstd:7\" is not a compression",
            "; did you mean {\"level\": 7}?"),
        bad(
            line(5, "\"compression\": \"19\","),
            "5",
            "\"19\" is not a compression",
            "; did you mean {\"level\": 19}?"),
        bad(
            line(5, "\"compression\": 3,"),
            "5",
            "\"compression\": expected \"none\", \"zstd\", or an object such as {\"level\": 3}, found a number; did you mean {\"level\": 3}?"),
        bad(
            line(5, "\"compression\": 20,"),
            "5",
            "\"compression\": expected \"none\", \"zstd\", or an object such as {\"level\": 3}, found a number"),
        bad(
            line(5, "\"compression\": true,"),
            "5",
            "\"compression\": expected \"none\", \"zstd\", or an object such as {\"level\": 3}, found true"),
        bad(line(5, "\"compression\": [\"zstd\"],"), "5", "such as {\"level\": 3}, found a list"),
        bad(
            line(5, "\"compression\": {\"type\": \"lz4\"},"),
            "5",
            "\"compression.type\": \"lz4\" is not a compression; allowed: none, zstd"),
        bad(
            line(5, "\"compression\": {\"type\": \"none\", \"level\": 1},"),
            "5",
            "\"compression.level\": only zstd has this; leave it out, or write \"type\": \"zstd\""),
        bad(
            line(5, "\"compression\": {\"type\": \"none\", \"passThrough\": \"auto\"},"),
            "5",
            "\"compression.passThrough\": only zstd has this"),
        bad(
            line(5, "\"compression\": {\"level\": 20},"),
            "5",
            "\"compression.level\": expected a number from 1 to 19"),
        bad(
            line(5, "\"compression\": {\"threads\": 0},"),
            "5",
            "\"compression.threads\": expected a number from 1 to 64"),
        bad(
            line(5, "\"compression\": {\"passThrough\": \"yes\"},"),
            "5",
            "\"compression.passThrough\"",
            "allowed: always, auto, never"),
        bad(
            line(5, "\"compression\": {\"lvl\": 1},"),
            "5",
            "\"lvl\" is not a key in \"compression\"",
            "allowed: level, passThrough, threads, type"),
        bad(line(3, "\"strategy\": \"\","), "3", "\"\" is not a strategy"),
        bad(line(5, "\"exclude\": [\"*.o\",\n\"\"]"), "6", "\"exclude\": \"\" names nothing"),
        bad(exclude("  "), "5", "\"  \" names nothing", "a pattern such as *.o or /var/cache/"),
        bad(exclude("!"), "5", "\"!\" names nothing"),
        bad(exclude("/"), "5", "\"/\" names nothing"),
        bad(exclude("# mine"), "5", "\"# mine\" is a comment", "write \\\\#"),
        bad(exclude("*.o\\n*.a"), "5", "\"*.o\\u000a*.a\" has a line break"),
        bad(exclude("a["), "5", "\"a[\" has a [ without its ]", "write \\\\["),
        bad(exclude("[[:word:]]"), "5", "unknown class", "alnum, alpha, blank"),
        bad(exclude("a\\\\"), "5", "\"a\\\" ends with a backslash", "write \\\\\\\\"),
        bad(exclude("[/]"), "5", "\"[/]\" has brackets that no character matches"),
        bad(exclude("/a//b"), "5", "\"/a//b\" has two slashes side by side"),
        bad(exclude("./a"), "5", "\"./a\" has a . or .."),
        bad(exclude("/home/../a"), "5", "\"/home/../a\" has a . or .."),
        bad(exclude("a\\u0000"), "5", "\"exclude\"", "a NUL"),
        bad(
            options("\n\"readOnlySubvolumes\": \"includes\""),
            "6",
            "\"options.readOnlySubvolumes\": \"includes\" is not a choice here",
            "allowed: exclude, include;",
            "did you mean \"include\"?"),
        bad(
            options("\"otherFilesystems\": \"exclude\""),
            "5",
            "\"options.otherFilesystems\": \"exclude\" is not a choice here",
            "allowed: fail, include, skip"),
        bad(line(4, "\"remoteFolder\": \"\","), "4", "\"remoteFolder\"", "found \"\""),
        bad(line(4, "\"remoteFolder\": \"backup\","), "4", "not absolute", "without \"ssh\""),
        bad(line(4, "\"remoteFolder\": \"/a\\u0000\","), "4", "\"remoteFolder\"", "a NUL"),
        bad(line(4, "\"remoteFolder\": \"/a\\nb\","), "4", "\"/a\\u000ab\" has a line break"),
        bad(sshAnd("~/backup"), "4", "\"~/backup\"", "leave out the ~/"),
        bad(sshAnd("-rf"), "4", "\"-rf\" looks like an option"),
        bad(line(5, "\"tempfile\": \"backup.tar\""), "5", "\"tempfile\"", "not absolute"),
        bad(line(5, "\"tempfile\": \"/tmp/\""), "5", "\"/tmp/\" is a folder"),
        bad(line(5, "\"tempfile\": \"/\""), "5", "\"/\" is a folder"),
        bad(line(5, "\"tempfile\": \"/tmp/..\""), "5", "has a . or .."),
        bad(line(5, "\"ssh\": {\"host\": \"\"}"), "5", "\"ssh.host\"", "an empty string"),
        bad(line(5, "\"ssh\": {\"host\": \"a b\"}"), "5", "\"ssh.host\"", "white space"),
        bad(line(5, "\"ssh\": {\"host\": \"a\\u00a0b\"}"), "5", "white space"),
        bad(line(5, "\"ssh\": {\"host\": \"a\\u007fb\"}"), "5", "control character"),
        bad(line(5, "\"ssh\": {\"host\": \"-oProxyCommand=x\"}"), "5", "begins with -"),
        bad(line(5, "\"ssh\": {\"host\": \"me@h\"}"), "5", "\"me@h\"", "into \"login\""),
        bad(ssh("\"login\": \"\""), "5", "\"ssh.login\"", "an empty string"),
        bad(ssh("\"login\": \"-l\""), "5", "\"ssh.login\"", "begins with -"),
        bad(ssh("\"login\": \"a\\tb\""), "5", "\"ssh.login\"", "\"a\\u0009b\"", "white space"),
        bad(ssh("\"port\": 0"), "5", "\"ssh.port\"", "from 1 to 65535"),
        bad(ssh("\"port\": 65536"), "5", "\"ssh.port\"", "from 1 to 65535"),
        bad(ssh("\"port\": -22"), "5", "\"ssh.port\"", "from 1 to 65535"),
        bad(ssh("\"port\": " + "9".repeat(5_000)), "5", "\"ssh.port\"", "from 1 to 65535"),
        bad(ssh("\"identityFile\": \".ssh/id\""), "5", "\"ssh.identityFile\"", "neither / nor ~/"),
        bad(ssh("\"identityFile\": \"~root/id\""), "5", "neither / nor ~/"),
        bad(ssh("\"identityFile\": \"\""), "5", "neither / nor ~/"),
        bad(ssh("\"knownHostsFile\": \"~/\""), "5", "\"ssh.knownHostsFile\"", "is a folder"),
        bad(ssh("\"readBack\": \"al\""), "5", "\"ssh.readBack\"", "allowed: all, last"),
        bad(ssh("\"connections\": 0"), "5", "\"ssh.connections\"", "\"auto\"", "1 to 16"),
        bad(ssh("\"connections\": 17"), "5", "\"ssh.connections\"", "round-trip", "1 to 16"),
        bad(ssh("\"connections\": \"many\""), "5", "\"ssh.connections\"", "\"auto\"", "1 to 16"),
        bad(ssh("\"connections\": true"), "5", "\"ssh.connections\"", "\"auto\"", "1 to 16"),
        bad(ssh("\"stallTimeout\": 120"), "5", "\"ssh.stallTimeout\"", "expected a string"),
        bad(
            ssh("\"stallTimeout\": \"0s\""),
            "5",
            "\"ssh.stallTimeout\"",
            "\"0s\"",
            "with s, m, h or d, such as 90s, from 1s to 1d"),
        bad(ssh("\"stallTimeout\": \"25h\""), "5", "\"ssh.stallTimeout\"", "from 1s to 1d"),
        bad(ssh("\"stallTimeout\": \"2 m\""), "5", "\"ssh.stallTimeout\"", "such as 90s"),
        bad(ssh("\"retryFor\": \"-1s\""), "5", "\"ssh.retryFor\"", "from 0s to 30d"),
        bad(ssh("\"retryFor\": \"1w\""), "5", "\"ssh.retryFor\"", "from 0s to 30d"),
        bad(ssh("\"retryFor\": \"999999h\""), "5", "\"ssh.retryFor\"", "from 0s to 30d"),
        bad(ssh("\"retryFor\": \"\""), "5", "\"ssh.retryFor\"", "from 0s to 30d"),
        bad(line(5, "\"executeBefore\": [\"hunter2\",\n\"\"]"), "6", "an empty command"),
        bad(targets("{}"), "4", "\"targets.name\" is missing"),
        bad(targets("{\"name\": \"a\"}"), "4", "\"targets.remoteFolder\" is missing"),
        bad(targets("{\"name\": \"a.b\"}"), "4", "\"targets.name\"", "letters A to Z, digits"),
        bad(targets("{\"name\": \"" + "a".repeat(64) + "\"}"), "4", "63 of them at most"),
        bad(targets(target("a", "b")), "4", "\"targets.remoteFolder\"", "not absolute"),
        bad(targets("{\"name\": \"a\", \"login\": 1}"), "4", "is not a key in \"targets\""),
        bad(targets("\"a\""), "4", "\"targets\"", "only objects in the list, found a string"),
        bad(targets(""), "4", "the list is empty"),
        bad(line(4, "\"targets\": {}"), "4", "a list of objects in braces, found an object"),
        bad(
            targets(target("a", "/b") + ",\n" + target("a", "/c")),
            "5",
            "\"a\" is the name of an earlier target"),
        bad(
            targets(target("a", "/b") + ",\n" + target("c", "/b")),
            "5",
            "\"targets.remoteFolder\": it is the place of \"a\", too"),
        bad(
            targets("{\"name\": \"a\", \"ssh\":\n{\"host\": \"\"}}"),
            "5",
            "\"targets.ssh.host\"",
            "an empty string"),
        bad(
            line(5, "\"targets\": [" + target("a", "/b") + "]"),
            "4",
            "\"remoteFolder\": stands beside \"targets\""),
        bad(
            line(4, "\"targets\": [" + target("a", "/b") + "], \"tempfile\": \"/t\""),
            "4",
            "\"tempfile\": cannot be used with \"targets\""),
        bad(ssh("\"bandwidthLimit\": \"10\""), "5", "\"ssh.bandwidthLimit\"", "such as 10M"),
        bad(ssh("\"bandwidthLimit\": \"0M\""), "5", "\"ssh.bandwidthLimit\"", "such as 10M"),
        bad(
            ssh("\"bandwidthLimit\": \"10T\""),
            "5",
            "\"10T\" is not a number with K, M or G, such"),
        bad(ssh("\"bandwidthLimit\": \"10m\""), "5", "\"ssh.bandwidthLimit\"", "such as 10M"),
        bad(line(5, "\"priority\": {\"nice\": 20}"), "5", "\"priority.nice\"", "from 0 to 19"),
        bad(line(5, "\"priority\": {\"nice\": -1}"), "5", "\"priority.nice\"", "from 0 to 19"),
        bad(
            line(5, "\"priority\": {\"disk\": \"idel\"}"),
            "5",
            "\"priority.disk\"",
            "allowed: idle, low, normal",
            "did you mean \"idle\"?"),
        bad(line(5, "\"metricsFile\": \"a.prom\""), "5", "\"metricsFile\"", "is not absolute"),
        bad(line(5, "\"metricsFile\": \"/metrics/\""), "5", "\"metricsFile\"", "is a folder"),
        bad(line(5, "\"executeAlways\": [\"\"]"), "5", "\"executeAlways\"", "an empty command"),
        bad(line(5, "\"executeOnFailure\": [1]"), "5", "\"executeOnFailure\"", "only strings"),
        bad(line(5, "\"executeAfter\": [\" \\t\"]"), "5", "\"executeAfter\"", "an empty command"),
        bad(line(5, "\"executeAfter\": [\"hunter2\\u0000\"]"), "5", "\"executeAfter\"", "a NUL"),
        bad(line(5, "\"timezone\": \"\""), "5", "\"\" is not a time zone"),
        bad(line(5, "\"encryption\": []"), "5", "\"encryption\"", "expected an object"),
        bad(line(5, "\"encryption\": {}"), "5", "\"encryption.recipients\" is missing"),
        bad(
            line(5, "\"encryption\": {\"recipient\": []}"),
            "5",
            "is not a key in \"encryption\"",
            "did you mean \"recipients\"?"),
        bad(recipients(""), "5", "\"encryption.recipients\"", "the list is empty"),
        bad(recipients("\"hunter2\""), "5", "\"encryption.recipients\": recipient 1 is neither"),
        bad(
            recipients("\"" + RECIPIENT + "\",\n\"age1hunter2\""),
            "6",
            "recipient 2 begins with age1, but is not a whole age recipient"),
        bad(
            recipients("\"" + RECIPIENT + "\", \"" + RECIPIENT + "\""),
            "5",
            "recipient 2 is there already"),
        bad(
            recipients("\"ssh-ed25519 hunter2\""),
            "5",
            "recipient 1 is not a whole SSH public key"),
        bad(
            recipients("\"AGE-SECRET-KEY-1HUNTER2hunter2\""),
            "5",
            "recipient 1 is a private key, which must not be here"),
        bad(
            recipients("\"-----BEGIN OPENSSH PRIVATE KEY-----\\nhunter2\""),
            "5",
            "recipient 1 is a private key, which must not be here"),
        bad(
            line(5, "\"timezone\": \"europe/berlin\""),
            "5",
            "\"europe/berlin\" is not a time zone",
            "did you mean \"Europe/Berlin\"?"));
  }

  private static Case bad(String text, String place, String... fragments) {
    return new Case(text, place, List.of(fragments));
  }

  /** The good configuration with another line in place of the given one. */
  private static String line(int number, String text) {
    String[] lines = GOOD.toArray(String[]::new);
    lines[number - 1] = text;
    return String.join("\n", Arrays.asList(lines));
  }

  private static String recipients(String list) {
    return line(5, "\"encryption\": {\"recipients\": [" + list + "]}");
  }

  private static String ssh(String member) {
    return line(5, "\"ssh\": {\"host\": \"h\", " + member + "}");
  }

  private static String targets(String list) {
    return line(4, "\"targets\": [" + list + "]");
  }

  private static String target(String name, String remoteFolder) {
    return "{\"name\": \"%s\", \"remoteFolder\": \"%s\"}".formatted(name, remoteFolder);
  }

  private static String exclude(String pattern) {
    return line(5, "\"exclude\": [\"" + pattern + "\"]");
  }

  private static String options(String member) {
    return line(5, "\"options\": {" + member + "}");
  }

  private static String sshAnd(String remoteFolder) {
    return line(4, "\"ssh\": {\"host\": \"h\"}, \"remoteFolder\": \"" + remoteFolder + "\"");
  }
}
