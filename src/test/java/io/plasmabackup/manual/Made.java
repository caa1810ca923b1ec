package io.plasmabackup.manual;

import io.plasmabackup.cli.CommandModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** The manual of this repository, for tests. */
final class Made {

  static final Path REPOSITORY = Path.of("..");
  static final Manual MANUAL = new Manual(REPOSITORY, "2026-01-31");

  private Made() {}

  static Path in(Path folder) throws IOException {
    MANUAL.write(folder);
    return folder;
  }

  static List<CommandSpec> commands() {
    return CommandModels.all();
  }
}
