package io.plasmabackup.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which files programs have open, from {@code /proc}. What cannot be looked into doesn't count: a
 * process of another user, or one that has just ended.
 */
final class OpenFiles {

  private static final Path PROCESSES = Path.of("/proc");

  private OpenFiles() {}

  /** Whether a process has {@code file} open, by whatever path. */
  static boolean contain(Path file) {
    try (DirectoryStream<Path> processes =
        Files.newDirectoryStream(PROCESSES, OpenFiles::isProcess)) {
      for (Path process : processes) {
        if (hasOpen(process, file)) {
          return true;
        }
      }
      return false;
    } catch (IOException | DirectoryIteratorException unknown) {
      return false;
    }
  }

  private static boolean isProcess(Path entry) {
    return entry.getFileName().toString().chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean hasOpen(Path process, Path file) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (leadsTo(descriptor, file)) {
          return true;
        }
      }
      return false;
    } catch (IOException | DirectoryIteratorException notOurs) {
      return false;
    }
  }

  private static boolean leadsTo(Path descriptor, Path file) {
    try {
      // The name first: to look at a file on a server that doesn't answer would take for ever.
      Path target = Files.readSymbolicLink(descriptor).getFileName();
      return target != null
          && target.equals(file.getFileName())
          && Files.isSameFile(descriptor, file);
    } catch (IOException closedMeanwhile) {
      return false;
    }
  }
}
