package io.plasmabackup.exclude;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever the patterns, git and we leave out the same paths of a tree, for the same reason. */
class GitPropertyTest {

  /** A character for a byte. Every second one is a directory wherever it occurs. */
  private static final List<String> NAMES =
      List.of(
          "a",
          "b",
          "ab",
          "a.o",
          "foo",
          "foobar",
          "bar",
          "é",
          "\u00c3\u00a9",
          "\u00ff",
          " ",
          "a ",
          "[a]",
          "\\",
          "a-b",
          "*",
          "!a",
          "#a",
          "a\nb",
          ":",
          "A",
          "..a",
          "a]",
          "~");

  /** Two levels of the first, and a third with fewer names. */
  private static final Map<RawPath, Boolean> TREE = new TreeMap<>();

  private static final List<RawPath> DIRECTORIES = new ArrayList<>();

  /** Where everything before the first wildcard is literal, git reads them as directories. */
  private static final java.util.regex.Pattern ASTERISKS_AFTER_A_LITERAL =
      java.util.regex.Pattern.compile("!?/?[^*?\\[\\\\]*[^*?\\[\\\\/!]\\*\\*.*/.*");

  static {
    add(RawPath.EMPTY, 1);
  }

  private static Path directory = Path.of("");
  private static Optional<GitCheckIgnore> git = Optional.empty();

  private static void add(RawPath parent, int depth) {
    for (int i = 0; i < NAMES.size(); i += depth == 3 ? 3 : 1) {
      byte[] name = NAMES.get(i).getBytes(StandardCharsets.ISO_8859_1);
      RawPath path = parent.resolve(RawPath.copyOf(name));
      boolean isDirectory = i % 2 == 0;
      TREE.put(path, isDirectory);
      if (isDirectory) {
        DIRECTORIES.add(path);
        if (depth < 3) {
          add(path, depth + 1);
        }
      }
    }
  }

  @BeforeContainer
  static void makeTree() throws IOException, InterruptedException {
    directory = Files.createTempDirectory("plasma-exclude");
    git =
        Optional.of(
            GitCheckIgnore.in(Files.createDirectory(directory.resolve("tree")), DIRECTORIES));
  }

  @AfterContainer
  static void deleteTree() {
    Command.run("rm", "-r", "--", directory.toString());
  }

  @Property(tries = 400)
  void sameAsGit(@ForAll("patternLists") List<String> patterns)
      throws IOException, InterruptedException {
    compare(patterns);
  }

  /** Every class of characters, on every byte that a name can be. */
  @Example
  void classesOfCharacters() throws IOException, InterruptedException {
    List<RawPath> names =
        IntStream.rangeClosed(1, 0xff)
            .filter(b -> b != '/' && b != '.')
            .mapToObj(b -> RawPath.copyOf(new byte[] {(byte) b}))
            .toList();
    for (String name :
        List.of(
            "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
            "space", "upper", "xdigit")) {
      for (String pattern : List.of("[[:" + name + ":]]", "[^[:" + name + ":]x-z]")) {
        Exclusions exclusions = Exclusions.of(List.of(pattern));
        Map<RawPath, OptionalInt> expected = git.orElseThrow().deciding(List.of(pattern), names);
        assertThat(expected.values()).contains(OptionalInt.of(0), OptionalInt.empty());
        expected.forEach((path, index) ->
            assertThat(exclusions.match(path, false).isPresent())
                .as("%s on %s", pattern, path)
                .isEqualTo(index.isPresent()));
      }
    }
  }

  private static void compare(List<String> patterns) throws IOException, InterruptedException {
    Map<RawPath, OptionalInt> byGit = git.orElseThrow().deciding(patterns, TREE.keySet());
    Exclusions ours =
        Exclusions.of(patterns.stream().filter(p -> Exclusions.problem(p).isEmpty()).toList());

    assertThat(byGit).hasSameSizeAs(TREE);
    byGit.forEach((path, index) -> {
      if (index.isPresent()) {
        assertThat(Exclusions.problem(patterns.get(index.getAsInt())))
            .as("problem of \"%s\", which matches %s", patterns.get(index.getAsInt()), path)
            .isEmpty();
      }
      Optional<String> expected =
          index.stream()
              .mapToObj(patterns::get)
              .filter(pattern -> !pattern.startsWith("!"))
              .findFirst();
      if (!ours.matchWithParents(path, TREE.getOrDefault(path, false)).equals(expected)) {
        assertThat(ours.matchWithParents(path, TREE.getOrDefault(path, false)))
            .as("what leaves out %s of %s", path, patterns)
            .isEqualTo(expected);
      }
    });
  }

  @Provide
  Arbitrary<List<String>> patternLists() {
    return Arbitraries.frequencyOf(Tuple.of(3, paths()), Tuple.of(2, soup()))
        .filter(pattern -> !ASTERISKS_AFTER_A_LITERAL.matcher(pattern).matches())
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  /** What somebody might write. */
  private static Arbitrary<String> paths() {
    Arbitrary<String> literal =
        Arbitraries.of("a", "b", "ab", "a.o", "foo", "bar", "é", "\\ ", "\\[a]", "\\\\", "#a", "A");
    Arbitrary<String> wild =
        Arbitraries.of(
            "*",
            "**",
            "?",
            "??",
            "*.o",
            "a*",
            "*a",
            "*a*",
            "[ab]",
            "[!a]",
            "[^a-f]*",
            "f?o*",
            "***",
            "[]-]",
            "a[]]",
            "[[:alpha:]]*",
            "[[:^]*",
            "[a/b]",
            "*o*b*r",
            "\\**",
            "\\!*",
            "[\\]a-]*");
    Arbitrary<String> components =
        Arbitraries.frequencyOf(Tuple.of(3, literal), Tuple.of(3, wild))
            .list()
            .ofMinSize(1)
            .ofMaxSize(4)
            .map(parts -> String.join("/", parts));
    return Combinators.combine(
            Arbitraries.of("", "", "!", "!"),
            Arbitraries.of("", "", "", "/", "/", "**/", "**/", "**\\/"),
            components,
            Arbitraries.of("", "", "", "/", "/**", "/*", " ", "\\ ", "\\/"))
        .as((negation, before, middle, after) -> negation + before + middle + after);
  }

  /** Anything at all of what has a meaning. */
  private static Arbitrary<String> soup() {
    return Arbitraries.of(
            "*",
            "*",
            "**",
            "?",
            "/",
            "/",
            "\\",
            "[",
            "]",
            "[a",
            "b]",
            "!",
            "^",
            "-",
            ":",
            "[:digit:]",
            "[:lower:]",
            "[:",
            ":]",
            " ",
            "#",
            ".",
            "a",
            "b",
            "o",
            "foo",
            "\u00e9",
            "\u00ff",
            "\t",
            "\ufeff")
        .list()
        .ofMaxSize(7)
        .map(parts -> String.join("", parts));
  }
}
