package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder's backup by the agent into a local one, and what others make of it.
 *
 * @param folder what was backed up
 * @param work where everything else is, on a filesystem that can hold what is restored
 */
record LocalBackup(Path folder, Path work) {

  /** Backs up with the strategy btrfs-snapshot, with nothing to complain about. */
  static LocalBackup of(Path folder, Path work) throws IOException {
    return of(folder, work, "\"none\"");
  }

  /**
   * Likewise.
   *
   * @param compression as it stands in the configuration
   */
  static LocalBackup of(Path folder, Path work, String compression) throws IOException {
    LocalBackup backup = new LocalBackup(folder, work);
    Files.createDirectory(backup.storage());
    Run run =
        new AgentSetup(work)
            .strategy("btrfs-snapshot")
            .folders(folder)
            .with("compression", compression)
            .to(backup.storage())
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return backup;
  }

  private Path storage() {
    return work.resolve("storage");
  }

  Path archive() throws IOException {
    try (Stream<Path> files = Files.list(storage())) {
      List<Path> archives =
          files.filter(file -> file.toString().matches(".*\\.tar(\\.zst)?")).toList();
      assertThat(archives).hasSize(1);
      return archives.getFirst();
    }
  }

  /** The archive's tar, if need be decompressed. */
  Path tar() throws IOException {
    Path archive = archive();
    if (archive.toString().endsWith(".tar")) {
      return archive;
    }
    Path tar = work.resolve("archive.tar");
    Command.run("zstd", "-dq", archive.toString(), "-o", tar.toString());
    return tar;
  }

  /** What the folder is called in the archive. */
  String name() {
    return folder.toString().substring(1);
  }

  /** What GNU tar makes of the folder, without a word; once only. */
  Path restoredByGnuTar(String... options) throws IOException {
    Path target = Files.createDirectory(work.resolve("restored"));
    List<String> command =
        new ArrayList<>(
            List.of(
                "tar",
                "--warning=no-unknown-keyword", // hdrcharset, which only other readers need
                "--warning=no-timestamp", // that a time is in the future
                "--xattrs",
                "--xattrs-include=*",
                "--acls",
                "--numeric-owner"));
    command.addAll(Arrays.asList(options));
    command.addAll(List.of("-xpf", archive().toString(), "-C", target.toString()));
    assertThat(Command.run(command.toArray(String[]::new))).isEmpty();
    return target.resolve(name());
  }

  /** What plasma-restore makes of the folder, without a word of complaint; once only. */
  Path restoredByPlasma() throws IOException {
    Path target = work.resolve("extracted");
    Run run =
        Commands.run(
            new PlasmaRestore(),
            "extract",
            "latest",
            "--from",
            storage().toString(),
            "--to",
            target.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return target.resolve(name());
  }

  /** The index, one JSON object a line. */
  Path unpackedIndex() throws IOException {
    Path index = work.resolve("index.json");
    if (Files.notExists(index)) {
      String packed = archive() + ArchiveName.INDEX_SUFFIX;
      Command.run("zstd", "-dq", packed, "-o", index.toString());
    }
    return index;
  }

  /** How many the index's last line promises. */
  long members() throws IOException {
    String last = Files.readAllLines(unpackedIndex()).getLast();
    return Long.parseLong(last.replaceFirst(".*\"members\":(\\d+).*", "$1"));
  }

  /** How many bsdtar lists; it writes names in a form that has no newlines. */
  long membersByBsdtar() throws IOException {
    String bsdtar = Requires.tool("bsdtar").toString();
    return Command.run("env", "LC_ALL=C.UTF-8", bsdtar, "-tvf", archive().toString())
        .lines()
        .count();
  }
}
