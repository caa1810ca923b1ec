package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The installed shell scripts, with Javas that only print what they are given. */
class LauncherTest {

  private static final Path SCRIPTS = Path.of("..", "scripts");

  private static final String PRINT_EVERYTHING =
      """
      #!/bin/sh
      for argument; do echo "argument $argument"; done
      env
      """;

  @TempDir private Path folder;

  /** Where this test's launchers look for Javas, instead of /usr/lib/jvm and the like. */
  private Path javas;

  private Path plasma;
  private Path agent;
  private final Map<String, String> environment = new TreeMap<>(Map.of("PATH", "/usr/bin:/bin"));

  @BeforeEach
  void install() throws IOException {
    javas = Files.createDirectory(folder.resolve("javas"));
    plasma = Files.createDirectory(folder.resolve("a folder"));
    Path bin = Files.createDirectory(plasma.resolve("bin"));
    Path lib = Files.createDirectory(plasma.resolve("lib"));
    for (String name : List.of("plasma-agent", "plasma-rotate", "plasma-restore", "plasma-store")) {
      program(bin.resolve(name), Files.readString(SCRIPTS.resolve("launcher")));
    }
    agent = bin.resolve("plasma-agent");
    String places = "in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/*;";
    String findJava = Files.readString(SCRIPTS.resolve("find-java.sh"));
    assertThat(findJava).contains(places);
    Files.writeString(
        lib.resolve("find-java.sh"),
        findJava
            .replace(places, "in " + javas + "/*;")
            .replace("$(command -v java)", "$(PATH=" + javas + "/path command -v java)"));
    Files.writeString(lib.resolve("classpath"), "plasma.jar\nother.jar\n");
  }

  private record Run(int status, String out, String err) {

    List<String> arguments() {
      return out.lines()
          .filter(line -> line.startsWith("argument "))
          .map(line -> line.substring("argument ".length()))
          .toList();
    }
  }

  private Run run(Path program, String... arguments) throws IOException, InterruptedException {
    return run(null, List.of(program.toString()), arguments);
  }

  private Run run(@Nullable Path from, List<String> program, String... arguments)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(Stream.concat(program.stream(), Stream.of(arguments)).toList());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    if (from != null) {
      builder.directory(from.toFile());
    }
    int status = builder.start().waitFor();
    return new Run(status, Files.readString(out), Files.readString(err));
  }

  private static void program(Path path, String content) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A Java at {@code name}, whose release file says {@code version}. */
  private Path java(String name, String version) throws IOException {
    Path home = javas.resolve(name);
    program(home.resolve("bin/java"), PRINT_EVERYTHING + "echo home " + home + "\n");
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"Somebody\"\nJAVA_RUNTIME_VERSION=\"%1$s+1\"\nJAVA_VERSION=\"%1$s\"\n"
            .formatted(version));
    return home;
  }

  @Test
  void takesTheNewestJava() throws Exception {
    java("a", "17.0.15");
    java("b", "25.0.3");
    Path newest = java("c", "25.0.10");
    java("d", "22");
    java("e", "1.8.0_372");
    Files.createDirectory(javas.resolve("f"));

    assertThat(run(agent).out()).contains("home " + newest + "\n");
  }

  @Test
  void earlyAccessVersionsCount() throws Exception {
    java("a", "25");
    Path newest = java("b", "26-ea");

    assertThat(run(agent).out()).contains("home " + newest + "\n");
  }

  @Test
  void plasmaJavaHomeIsAnOrder() throws Exception {
    Path ordered = java("a", "22.0.1");
    java("b", "25");

    environment.put("PLASMA_JAVA_HOME", ordered.toString());
    assertThat(run(agent).out()).contains("home " + ordered + "\n");

    environment.put("PLASMA_JAVA_HOME", java("c", "21.0.2").toString());
    Run refused = run(agent);
    assertThat(refused.status()).isEqualTo(4);
    assertThat(refused.err())
        .isEqualTo(
            "plasma-agent: PLASMA_JAVA_HOME must be the folder of a Java 22 or newer, but is"
                + " %1$s/c (21.0.2 in %1$s/c)\n".formatted(javas));
  }

  @Test
  void javaHomeIsAWish() throws Exception {
    Path wished = java("a", "22.0.1");
    Path newest = java("b", "25");

    environment.put("JAVA_HOME", wished.toString());
    assertThat(run(agent).out()).contains("home " + wished + "\n");

    environment.put("JAVA_HOME", java("c", "17").toString());
    assertThat(run(agent).out()).contains("home " + newest + "\n");
  }

  @Test
  void javaOnPathIsFoundThroughLinks() throws Exception {
    Path elsewhere = folder.resolve("else where");
    program(elsewhere.resolve("bin/java"), PRINT_EVERYTHING);
    Files.writeString(elsewhere.resolve("release"), "JAVA_VERSION=\"23.0.1\"\n");
    Files.createDirectory(javas.resolve("path"));
    Files.createSymbolicLink(javas.resolve("path/java"), elsewhere.resolve("bin/java"));

    assertThat(run(agent, "x").arguments()).endsWith("io.plasmabackup.cli.PlasmaAgent", "x");
  }

  @Test
  void javaWithoutReleaseFileIsAsked() throws Exception {
    Path home = javas.resolve("a");
    program(
        home.resolve("bin/java"),
        """
        #!/bin/sh
        [ -z "${JAVA_TOOL_OPTIONS-}" ] || echo "Picked up JAVA_TOOL_OPTIONS: version \\"9\\"" >&2
        [ "$1" != -version ] || { echo 'openjdk version "24.0.1" 2025-04-15' >&2; exit; }
        echo started
        """);
    environment.put("JAVA_TOOL_OPTIONS", "-Dinjected");

    assertThat(run(agent).out()).isEqualTo("started\n");
  }

  @Test
  void noJavaIsOneClearLine() throws Exception {
    Run none = run(agent);
    assertThat(none.status()).isEqualTo(4);
    assertThat(none.out()).isEmpty();
    assertThat(none.err())
        .isEqualTo(
            "plasma-agent: needs a Java 22 or newer and finds none; install one (for example the"
                + " package openjdk-25-jre-headless, or a build from https://adoptium.net), or set"
                + " PLASMA_JAVA_HOME to its folder\n");

    Path tooOld = java("a", "21.0.2");
    assertThat(run(agent).err())
        .startsWith("plasma-agent: needs a Java 22 or newer and finds only 21.0.2 in " + tooOld);
  }

  @Test
  void isFoundThroughSymbolicLinksAndRelativePaths() throws Exception {
    java("a", "25");
    Path usr = Files.createDirectory(folder.resolve("usr"));
    Files.createSymbolicLink(usr.resolve("one"), Path.of("../a folder/bin/plasma-rotate"));
    Files.createSymbolicLink(folder.resolve("two"), usr.resolve("one"));
    Path bin = plasma.resolve("bin");

    for (Run run :
        List.of(
            run(folder.resolve("two")),
            run(bin, List.of("./plasma-rotate")),
            run(bin, List.of("sh", "plasma-rotate")))) {
      assertThat(run.err()).isEmpty();
      assertThat(run.arguments()).endsWith("io.plasmabackup.cli.PlasmaRotate");
    }
  }

  @Test
  void packagesLinkIsFollowedWithoutAnotherProcess() throws Exception {
    java("a", "25");
    Path bin = Files.createDirectories(folder.resolve("usr/bin"));
    Path lib = Files.createDirectories(folder.resolve("usr/lib"));
    Files.move(plasma, lib.resolve("plasma"));
    Path link = bin.resolve("plasma-agent");
    Files.createSymbolicLink(link, Path.of("../lib/plasma/bin/plasma-agent"));
    program(folder.resolve("refusing/readlink"), "#!/bin/sh\necho asked >&2\nexit 1\n");
    environment.put("PATH", folder.resolve("refusing") + ":/usr/bin:/bin");

    Run run = run(link, "x");
    assertThat(run.err()).isEmpty();
    assertThat(run.arguments())
        .contains(
            bin
                + "/../lib/plasma/bin/../lib/plasma.jar:"
                + bin
                + "/../lib/plasma/bin/../lib/other.jar")
        .endsWith("io.plasmabackup.cli.PlasmaAgent", "x");
  }

  @Test
  void passesArgumentsUnchangedAndTheWholeClassPath() throws Exception {
    java("a", "25");
    String[] given = {"", "two words", "*", "$HOME", "-", "--", "ü"};

    List<String> arguments = run(agent, given).arguments();
    assertThat(arguments).endsWith(given).contains("--enable-native-access=ALL-UNNAMED");
    Path lib = agent.resolveSibling("../lib");
    assertThat(arguments)
        .containsSubsequence(
            "-cp", lib + "/plasma.jar:" + lib + "/other.jar", "io.plasmabackup.cli.PlasmaAgent");
  }

  @Test
  void nothingButPlasmaJavaOptsReachesJava() throws Exception {
    java("a", "25");
    List<String> ignored =
        List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH");
    for (String variable : ignored) {
      environment.put(variable, "-Dinjected");
    }
    environment.put("PLASMA_JAVA_OPTS", "-Xmx1g -Dglob=*");
    environment.put("LC_ALL", "de_DE.ISO-8859-1");

    Run run = run(agent);
    assertThat(run.arguments()).containsSubsequence("-Xmx1g", "-Dglob=*", "-cp");
    assertThat(run.out()).doesNotContain("injected").contains("\nLC_ALL=C.UTF-8\n");
  }

  @Test
  void archiveOfClassesIsPassedOnlyToTheVersionThatMadeIt() throws Exception {
    java("a", "25.0.3");
    Path lib = plasma.resolve("lib");
    Files.writeString(lib.resolve("plasma-25.0.2.aot"), "");
    assertThat(run(agent).out()).doesNotContain("AOTCache");

    Files.writeString(lib.resolve("plasma-25.0.3.aot"), "");
    assertThat(run(agent).arguments())
        .contains("-XX:AOTCache=" + agent.resolveSibling("../lib/plasma-25.0.3.aot"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plasma-agent --version",
        "plasma-restore -h",
        "plasma-agent status --json",
        "plasma-rotate /backup",
        "plasma-store serve /backup"
      })
  void whatDoesLittleTakesTheSmallArchiveOfClasses(String command) throws Exception {
    java("a", "25.0.3");
    Path lib = plasma.resolve("lib");
    String all = Files.writeString(lib.resolve("plasma-25.0.3.aot"), "").getFileName().toString();
    String[] words = command.split(" ", -1);
    Path program = agent.resolveSibling(words[0]);
    String[] arguments = Arrays.copyOfRange(words, 1, words.length);
    assertThat(run(program, arguments).out()).contains("AOTCache=", "/" + all + "\n");

    Files.writeString(lib.resolve("plasma-25.0.3-small.aot"), "");

    assertThat(run(program, arguments).out()).contains("/plasma-25.0.3-small.aot\n");
    assertThat(run(agent.resolveSibling("plasma-store"), "/backup").out()).contains("/" + all);
    assertThat(run(agent, "--dry-run").out()).contains("/" + all);
  }

  @Test
  void archiveOfClassesIsNotPassedWhenAJarIsNewer() throws Exception {
    java("a", "25.0.3");
    Path lib = plasma.resolve("lib");
    Path archive = Files.writeString(lib.resolve("plasma-25.0.3.aot"), "");
    Path jar = Files.writeString(lib.resolve("other.jar"), "");
    FileTime made = Files.getLastModifiedTime(archive);

    Files.setLastModifiedTime(jar, FileTime.fromMillis(made.toMillis() - 5000));
    assertThat(run(agent).out()).contains("AOTCache");

    Files.setLastModifiedTime(jar, FileTime.fromMillis(made.toMillis() + 5000));
    assertThat(run(agent).out()).doesNotContain("AOTCache");
  }
}
