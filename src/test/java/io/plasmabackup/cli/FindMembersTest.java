package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code plasma-restore find}, compared with what GNU find and bash find in the same tree. */
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class FindMembersTest {

  @TempDir private Path home;

  private Path storage() {
    return home.resolve("storage");
  }

  private void backUp(Path folder) throws IOException {
    Files.createDirectory(storage());
    Run run =
        new AgentSetup(home)
            .strategy("tar")
            .folders(folder)
            .with("compression", "\"zstd\"")
            .to(storage())
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  private Run find(String... arguments) {
    return Commands.run(new PlasmaRestore(), command(arguments));
  }

  private String[] command(String... arguments) {
    return Stream.concat(
            Stream.of("find", "latest", "--from", storage().toString()), Stream.of(arguments))
        .toArray(String[]::new);
  }

  /** Names byte for byte, a character for each byte. */
  private Set<String> found(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      String[] all =
          // A name may begin as an option does.
          Stream.concat(Stream.of("-0", "--"), Stream.of(arguments)).toArray(String[]::new);
      assertThat(Program.run(new PlasmaRestore(), command(all))).isIn(0, 17);
    } finally {
      System.setOut(out);
    }
    return names(bytes.toByteArray());
  }

  private static Set<String> names(byte[] nulTerminated) {
    Set<String> names = new TreeSet<>();
    for (String name : new String(nulTerminated, StandardCharsets.ISO_8859_1).split("\0", -1)) {
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return names;
  }

  private static Set<String> oracle(List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("LC_ALL", "C");
    builder.directory(Path.of("/").toFile());
    Process process = builder.start();
    process.getOutputStream().close();
    byte[] out = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    return names(out);
  }

  /** All but sockets, as members are named. */
  private static Set<String> gnuFind(Path tree, String... tests) throws Exception {
    List<String> command =
        Stream.of(
                // Depths are for all tests, so they have to come first.
                Stream.of("find", tree.toString().substring(1)),
                Stream.of(tests),
                Stream.of("!", "-type", "s"),
                Stream.of("-print0"))
            .flatMap(words -> words)
            .toList();
    return oracle(command);
  }

  /** A pattern that matches a name, and with luck a few others. */
  private static String patternOf(String name, Random random) {
    StringBuilder pattern = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      switch (random.nextInt(8)) {
        case 0 -> pattern.append('?');
        case 1 -> {
          pattern.append('*');
          i += random.nextInt(name.length());
        }
        case 2 -> pattern.append(c < 0x80 && c > ' ' ? "[" + '\\' + c + "x-z]" : "?");
        default -> {
          if (c > 0x7f) {
            pattern.append('?');
          } else {
            pattern.append("*?[\\!#".indexOf(c) >= 0 ? "\\" + c : c);
          }
        }
      }
    }
    return pattern.toString();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void findsWhatGnuFindDoes(long seed) throws Exception {
    try (RandomTree tree = RandomTree.grow(seed)) {
      backUp(tree.path());
      List<String> all = List.copyOf(gnuFind(tree.path()));
      assertThat(all).anyMatch(name -> !StandardCharsets.US_ASCII.newEncoder().canEncode(name));
      assertThat(found("*")).containsExactlyElementsOf(all);
      assertThat(found("*/")).isEqualTo(gnuFind(tree.path(), "-type", "d"));

      Random random = new Random(seed);
      int matches = 0;
      for (int i = 0; i < 150; i++) {
        String path = all.get(random.nextInt(all.size()));
        String pattern = patternOf(path.substring(path.lastIndexOf('/') + 1), random);
        if (pattern.endsWith("/") || pattern.indexOf('\n') >= 0) {
          continue;
        }
        Set<String> found = found(pattern);
        assertThat(found).as(pattern).isEqualTo(gnuFind(tree.path(), "-name", pattern));
        matches += found.size();
      }
      assertThat(matches).isGreaterThan(150);
      String root = tree.path().toString();
      assertThat(found(root + "/*"))
          .isEqualTo(gnuFind(tree.path(), "-mindepth", "1", "-maxdepth", "1"));
      assertThat(found(root + "/*/*/"))
          .isEqualTo(gnuFind(tree.path(), "-mindepth", "2", "-maxdepth", "2", "-type", "d"));
      assertThat(found(root + "/**/*[0-9]*"))
          .isEqualTo(gnuFind(tree.path(), "-mindepth", "1", "-name", "*[0-9]*"));
      assertThat(found(root.substring(1) + "/**"))
          .isEqualTo(gnuFind(tree.path(), "-mindepth", "1"));
    }
  }

  private Path small() throws IOException {
    Path folder = Files.createDirectories(home.resolve("folder/Ärger"));
    Files.writeString(folder.resolve("One.TXT"), "1");
    Files.writeString(folder.resolve("two\nlines.txt"), "2");
    Files.writeString(folder.resolve("!not"), "3");
    Files.writeString(folder.resolve("#hash"), "4");
    return home.resolve("folder");
  }

  private String name(String name) {
    return home.resolve("folder").resolve(name).toString().substring(1);
  }

  @Test
  void showsNamesOrLinesOrJson() throws Exception {
    backUp(small());

    assertThat(find("two*").out()).isEqualTo(name("Ärger/two\\012lines.txt") + "\n");
    assertThat(find("-l", "One*").out())
        .matches("(?s)-rw-r--r--  .*  +1  .*  " + name("Ärger/One.TXT") + "\n");
    assertThat(find("--json", "two*").out())
        .startsWith("{\"archive\":\"2")
        .contains("two\\nlines.txt\",\"type\":\"file\"")
        .endsWith("]}\n");
    assertThat(find("!not").out()).endsWith("/!not\n");
    assertThat(find("#hash").out()).endsWith("/#hash\n");
  }

  @Test
  void mindsCaseUnlessTold() throws Exception {
    backUp(small());

    assertThat(find("one.txt").status()).isEqualTo(17);
    assertThat(find("-i", "one.txt").out()).isEqualTo(name("Ärger/One.TXT") + "\n");
    assertThat(find("-i", "[N-P]N[^a-d].t?t").out()).isEqualTo(name("Ärger/One.TXT") + "\n");
    assertThat(find("-i", "äRGER/").out()).isEqualTo(name("Ärger") + "\n");
    assertThat(find("-i", "*.TXT").out().lines()).hasSize(2);
  }

  @Test
  void whatIsWrongIsNamed() throws Exception {
    backUp(small());

    Run nothing = find("nothing");
    assertThat(nothing.status()).isEqualTo(17);
    assertThat(nothing.err()).contains("nothing in 2").contains(" matches \"nothing\"");
    Run bad = find("a[b");
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err()).contains("\"a[b\" has a [ without its ]");
    assertThat(find("/").status()).isEqualTo(2);
    assertThat(find("-0", "--json", "a").status()).isEqualTo(2);
  }

  private Path index() throws IOException {
    try (Stream<Path> files = Files.list(storage())) {
      return files
          .filter(file -> file.toString().endsWith(ArchiveName.INDEX_SUFFIX))
          .findFirst()
          .orElseThrow();
    }
  }

  /** As others may write an index: with escapes, other orders of keys, and no directory. */
  @Test
  void findsInAnIndexOfAnyWriter() throws Exception {
    backUp(small());
    Path index = index();
    Path text = home.resolve("text");
    Command.run("zstd", "-dqf", index.toString(), "-o", text.toString());
    String changed =
        Files.readString(text)
            .replace("One.TXT\",\"type\":\"file\"", "\\u004fne.TXT\",\"type\":\"file\"")
            .replaceFirst("\\{(\"name\":\"[^\"]*!not\"),(\"type\":\"file\")", "{$2,$1");
    assertThat(changed).contains("\\u004fne").contains("{\"type\":\"file\",\"name\"");
    Files.writeString(text, changed);
    Command.run("zstd", "-qf", text.toString(), "-o", index.toString());

    assertThat(find("One.TXT").out()).endsWith("/One.TXT\n");
    assertThat(find("!n*").out()).endsWith("/!not\n");
  }

  @Test
  void aDamagedIndexIsNamed() throws Exception {
    backUp(small());
    byte[] bytes = Files.readAllBytes(index());
    for (int at = 20; at < bytes.length; at += Math.max(1, bytes.length / 40)) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 0x10;
      Files.write(index(), damaged);
      Run run = find("One.TXT");
      assertThat(run.status()).as("byte %d", at).isIn(0, 16);
      assertThat(run.err()).as("byte %d", at).doesNotContain("internal error");
    }
    Files.write(index(), Arrays.copyOf(bytes, bytes.length / 2));
    Run byReading = find("One.TXT");
    assertThat(byReading.err()).contains("all of the archive is read");
    assertThat(byReading.out()).endsWith("/One.TXT\n").hasLineCount(1);
    assertThat(byReading.status()).isZero();
  }
}
