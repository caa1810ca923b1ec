package io.plasmabackup.rotate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A real folder of archives, filled and looked at by tests. */
public record Folder(Path path) {

  /** Writes the policy file. */
  public Folder policy(int daily, int weekly, int monthly) {
    return file(
        PolicyFile.NAME,
        "{\"policy\": {\"daily\": %d, \"weekly\": %d, \"monthly\": %d}}"
            .formatted(daily, weekly, monthly));
  }

  /** Writes one that also says how old an archive must be. */
  public Folder policyWithAge(int daily, int weekly, int monthly, String minimumAge) {
    return file(
        PolicyFile.NAME,
        "{\"policy\": {\"daily\": %d, \"weekly\": %d, \"monthly\": %d, \"minimumAge\": \"%s\"}}"
            .formatted(daily, weekly, monthly, minimumAge));
  }

  /** Makes files of 1000 bytes. */
  public Folder with(String... fileNames) {
    for (String fileName : fileNames) {
      file(fileName, "x".repeat(1000));
    }
    return this;
  }

  /** Makes a file. */
  public Folder file(String fileName, String content) {
    try {
      Files.writeString(path.resolve(fileName), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Says when a file that is there was last modified. */
  public Folder modified(String fileName, Instant time) {
    try {
      Files.setLastModifiedTime(path.resolve(fileName), FileTime.from(time));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Everything in the folder but the policy file. */
  public SortedSet<String> names() {
    try (Stream<Path> files = Files.list(path)) {
      SortedSet<String> names =
          new TreeSet<>(files.map(file -> file.getFileName().toString()).toList());
      names.removeAll(List.of(PolicyFile.NAME));
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
