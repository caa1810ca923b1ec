package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.RandomTree;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.TreeComparison;
import io.plasmabackup.walk.EntryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of random trees, as the programs read them that people restore with. */
class RealReadersTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  void everyReaderGetsWhatWasThere(long seed) throws Exception {
    try (RandomTree tree = RandomTree.grow(seed)) {
      WrittenArchive written =
          WrittenArchive.ofTree(
              tree.parent(), RandomTree.NAME, tree.parent().resolve("archive.tar"));

      assertThat(written.notes()).isEmpty();
      assertThat(IndexFile.parse(written.index()).leftOut())
          .isNotEmpty()
          .allMatch(line -> line.text("reason").equals("socket"));
      assertThat(Files.size(written.file())).isEqualTo(written.summary().bytes());
      assertSizeWasForetold(tree, written);
      // What a character set does to names shows in an ASCII locale as well as in a UTF-8 one.
      String locale = seed % 2 == 0 ? "LC_ALL=C" : "LC_ALL=C.UTF-8";
      comparesEqualByGnuTar(tree, written.file(), locale);
      extractsEqualByGnuTar(tree, written.file(), locale);
      extractsEqualByBsdtar(tree, written.file());
      assertThat(TreeComparison.withTar(tree.path(), written.file(), RandomTree.NAME)).isEmpty();
      ArchiveChecks.indexDescribes(written);
    }
  }

  private static void assertSizeWasForetold(RandomTree tree, WrittenArchive written)
      throws Exception {
    try (Fd base = Fd.openDirectory(RawPath.of(tree.parent().toString()));
        EntryStream entries =
            WrittenArchive.walk(
                base, RandomTree.NAME, true, WrittenArchive.collecting(new ArrayList<>()))) {
      ArchiveSize size = ArchiveSize.of(entries, WrittenArchive.PLAIN);
      assertThat(size.bytes()).isEqualTo(written.summary().bytes());
      assertThat(size.members()).isEqualTo(written.summary().members());
      assertThat(size.dataBytes()).isEqualTo(written.summary().dataBytes());
    }
  }

  private static void comparesEqualByGnuTar(RandomTree tree, Path archive, String locale) {
    Requires.tool("tar");
    String differences = gnuTar(locale, "-df", archive.toString(), "-C", tree.parent().toString());
    assertThat(differences).isEmpty();
  }

  private static void extractsEqualByGnuTar(RandomTree tree, Path archive, String locale)
      throws Exception {
    Path target = Files.createDirectory(tree.parent().resolve("by-gnu-tar"));
    String messages = gnuTar(locale, "-xpf", archive.toString(), "-C", target.toString());
    assertThat(messages).isEmpty();
    assertThat(
            TreeComparison.withRestored(
                tree.path(), target.resolve(RandomTree.NAME), RandomTree.UNREACHABLE))
        .isEmpty();
  }

  private static String gnuTar(String locale, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                locale,
                "tar",
                // hdrcharset, which only other readers need.
                "--warning=no-unknown-keyword",
                // Device nodes and times that this filesystem rounds are not at stake here.
                "--warning=no-timestamp",
                "--xattrs",
                "--xattrs-include=*",
                "--acls",
                "--numeric-owner",
                "--exclude=" + RandomTree.NAME + "/" + RandomTree.UNREACHABLE + "/*"));
    command.addAll(List.of(arguments));
    return Command.run(command.toArray(String[]::new));
  }

  private static void extractsEqualByBsdtar(RandomTree tree, Path archive) throws Exception {
    Requires.tool("bsdtar");
    Command.run("env", "LC_ALL=C.UTF-8", "bsdtar", "-tf", archive.toString());
    Path target = Files.createDirectory(tree.parent().resolve("by-bsdtar"));
    Command.run(
        "env",
        "LC_ALL=C.UTF-8",
        "bsdtar",
        "--acls",
        "--xattrs",
        "--numeric-owner",
        "--exclude",
        RandomTree.NAME + "/" + RandomTree.UNREACHABLE + "/*",
        "-xpf",
        archive.toString(),
        "-C",
        target.toString());
    assertThat(
            TreeComparison.withRestored(
                tree.path(),
                target.resolve(RandomTree.NAME),
                RandomTree.UNREACHABLE,
                // What libarchive gets wrong, or doesn't know.
                "negative-fractions",
                "escaped-attributes",
                "large-acl-ids"))
        .isEmpty();
  }
}
