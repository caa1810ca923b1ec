package io.plasmabackup.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.stream.Stream;

/** What a local folder, or a server's, has. */
final class StoredArchives {

  private StoredArchives() {}

  /** By when it was written: more than one run a second gets names ahead of the clock. */
  static Path newest(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().matches(".*\\.tar(\\.zst)?"))
          .max(Comparator.comparing(StoredArchives::written))
          .orElseThrow();
    }
  }

  private static FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
