package io.plasmabackup.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Configurations for tests. */
final class ConfigurationFiles {

  private ConfigurationFiles() {}

  /** The example that comes with the product. */
  static byte[] example() throws IOException {
    return Files.readAllBytes(Path.of("..", "docs", "plasma-agent.conf"));
  }

  /** A file that nobody but its owner can write, whatever the umask. */
  static Path write(Path directory, byte[] content) throws IOException {
    Path file = directory.resolve("plasma-agent.conf");
    Files.write(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    return file;
  }

  /** As {@link #write(Path, byte[])}, in UTF-8. */
  static Path write(Path directory, String content) throws IOException {
    return write(directory, content.getBytes(StandardCharsets.UTF_8));
  }
}
