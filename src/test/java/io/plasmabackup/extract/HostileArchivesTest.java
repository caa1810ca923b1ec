package io.plasmabackup.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.MalformedTarException;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import io.plasmabackup.testing.Canary;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Archives that were made to write elsewhere, of the sorts that tar programs have fallen for: each
 * is extracted in every mode, and nothing outside the folder may have changed.
 */
@ExtendWith(NoLeakedFds.class)
class HostileArchivesTest {

  private static final List<String> NAMES =
      List.of(
          "../outside/new",
          "../outside/secret",
          "..",
          "../",
          "a/../../outside/secret",
          "a/b/../../../outside/new",
          "./../outside/new",
          ".//..//outside/new",
          "a/./../../outside/new",
          "../target/../outside/new",
          "a/..",
          "@OUTSIDE/secret",
          "@OUTSIDE/new",
          "/@OUTSIDE/new",
          "/",
          "//");

  private static final List<Character> TYPES = List.of('0', '1', '2', '3', '5', '6');

  @TempDir private static Path home;
  private static Path outside;
  private static Canary canary;
  private Path target = Path.of("");

  @BeforeAll
  static void makeOutside() throws IOException {
    outside = Files.createDirectory(home.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    Files.createDirectory(outside.resolve("folder"));
    canary = Canary.of(outside);
  }

  @AfterAll
  static void stopWatching() throws IOException {
    canary.close();
  }

  @BeforeEach
  void makeFolder() throws IOException {
    target = Files.createDirectory(home.resolve("target"));
    Files.createSymbolicLink(target.resolve("there-before"), outside);
    Files.createSymbolicLink(target.resolve("file-before"), outside.resolve("secret"));
  }

  @AfterEach
  void removeFolder() throws IOException {
    Command.run("rm", "-rf", target.toString());
    try (Stream<Path> left = Files.list(home)) {
      assertThat(left).containsExactly(outside);
    }
  }

  private record Told(List<String> refused) implements Observer {

    @Override
    public void refused(RawPath name, String why) {
      refused.add(name + " " + why);
    }

    @Override
    public void kept(RawPath name, String why) {
      refused.add(name + " " + why);
    }

    @Override
    public void incomplete(RawPath name, String what) {
      assertThat(what).isNotBlank();
    }
  }

  /** By a name for each; {@code @OUTSIDE} is the folder that is to stay as it is. */
  static Map<String, TarBytes> archives(String outside) {
    Map<String, TarBytes> archives = new LinkedHashMap<>();
    for (String name : NAMES) {
      for (char type : TYPES) {
        archives.put(
            "type " + type + " named " + name,
            new TarBytes().of(type, name.replace("@OUTSIDE", outside)));
      }
    }
    for (String to : List.of(outside, "../outside", "a/../../outside", "there-before")) {
      for (char type : TYPES) {
        archives.put(
            "type " + type + " through a planted link to " + to,
            new TarBytes().directory("a").symbolicLink("link", to).of(type, "link/new"));
        archives.put(
            "type " + type + " over a planted link to a file in " + to,
            new TarBytes().symbolicLink("link", to + "/secret").of(type, "link"));
      }
      archives.put(
          "through a chain of links to " + to,
          new TarBytes()
              .symbolicLink("one", to)
              .symbolicLink("two", "one")
              .directory("d")
              .symbolicLink("d/three", "../two")
              .file("d/three/new", "planted"));
      archives.put(
          "a directory, then a link to " + to + " of that name",
          new TarBytes().directory("d").symbolicLink("d", to).file("d/new", "planted"));
      archives.put(
          "a link to " + to + ", then a directory of that name",
          new TarBytes().symbolicLink("d", to).directory("d/").file("d/new", "planted"));
      archives.put(
          "a hard link to a link to a file in " + to,
          new TarBytes()
              .symbolicLink("link", to + "/secret")
              .hardLink("hard", "link")
              .file("hard", "planted"));
      archives.put(
          "a hard link through a link to " + to,
          new TarBytes()
              .symbolicLink("link", to)
              .hardLink("hard", "link/secret")
              .file("hard", "planted"));
    }
    for (String to :
        List.of("../outside/secret", outside + "/secret", "..", "there-before/secret")) {
      archives.put(
          "a hard link to " + to, new TarBytes().hardLink("hard", to).file("hard", "planted"));
    }
    archives.put("through what was there", new TarBytes().file("there-before/new", "planted"));
    archives.put("folder that was there", new TarBytes().directory("there-before"));
    archives.put("below what was there", new TarBytes().directory("there-before/folder/x"));
    archives.put("over a link that was there", new TarBytes().file("file-before", "planted"));
    archives.put("below a file", new TarBytes().file("f", "x").file("f/g", "planted"));
    archives.put("a file over a folder", new TarBytes().file("d/e", "x").file("d", "planted"));
    archives.put(
        "a long name by a record",
        new TarBytes().pax("path", "../outside/new").file("harmless", "planted"));
    archives.put(
        "a link's target by a record",
        new TarBytes()
            .pax("linkpath", "../outside/secret")
            .hardLink("hard", "harmless")
            .file("hard", "planted"));
    archives.put(
        "a NUL in a record's name",
        new TarBytes().pax("path", "../outside/new\0x").file("harmless", "planted"));
    archives.put(
        "a name of GNU's sparse format",
        new TarBytes().pax("GNU.sparse.name", "../outside/new").file("harmless", "planted"));
    archives.put("no name", new TarBytes().file("", "planted"));
    archives.put("a name of dots", new TarBytes().file("./.", "planted"));
    archives.put(
        "a name that is too long", new TarBytes().pax("path", "n".repeat(256)).file("x", ""));
    return archives;
  }

  static Stream<String> names() {
    return archives("/o").keySet().stream();
  }

  @Test
  void thereAreManyOfThem() {
    assertThat(names().toList()).hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @MethodSource("names")
  void nothingIsWrittenOutside(String name) throws Exception {
    String here = outside.toString();
    Map<String, TarBytes> archives = archives(here);
    byte[] tar =
        archives
            .getOrDefault(name, archives.getOrDefault(name.replace("/o", here), new TarBytes()))
            .toBytes();
    assertThat(tar.length).isGreaterThan(1024);
    for (Overwrite overwrite : Overwrite.values()) {
      List<String> refused = new ArrayList<>();
      Extracted extracted = extract(tar, overwrite, refused);
      canary.assertUntouched(name);
      assertThat(extracted.refused() + extracted.kept()).isEqualTo(refused.size());
      assertThat(Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)).isTrue();
      assertNothingTemporary();
    }
  }

  private Extracted extract(byte[] tar, Overwrite overwrite, List<String> refused)
      throws IOException {
    try (Fd folder = Fd.openDirectory(RawPath.of(target.toString()));
        Extractor extractor = new Extractor(folder, false, overwrite, new Told(refused))) {
      TarReader reader = new TarReader(new ByteArrayInputStream(tar));
      try {
        TarMember member = reader.next();
        while (member != null) {
          extractor.add(member, reader);
          member = reader.next();
        }
      } catch (MalformedTarException notEvenATar) {
        assertThat(notEvenATar).message().isNotBlank();
      }
      return extractor.finish();
    }
  }

  private void assertNothingTemporary() throws IOException {
    try (Stream<Path> all = Files.walk(target)) {
      assertThat(all.filter(path -> path.getFileName().toString().startsWith(".plasma-restore-")))
          .isEmpty();
    }
  }
}
