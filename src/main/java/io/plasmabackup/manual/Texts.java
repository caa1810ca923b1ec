package io.plasmabackup.manual;

import io.plasmabackup.manual.Block.Heading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The repository's texts, of which parts go into the pages. */
final class Texts {

  private final Path repository;

  Texts(Path repository) {
    this.repository = repository;
  }

  /**
   * What is to be told of {@code title} besides what its definition says, without its heading;
   * empty if there is no such text.
   *
   * @param title a command with the one below it, as in {@code plasma-restore list}; or a file
   */
  List<Block> about(String title) throws IOException {
    Path file = repository.resolve("docs/manual").resolve(title.replace(' ', '-') + ".md");
    if (!Files.exists(file)) {
      return List.of();
    }
    List<Block> blocks = Markdown.blocks(Files.readString(file));
    if (!blocks.getFirst().equals(new Heading(1, title))) {
      throw new IllegalArgumentException(file + " doesn't begin with: # " + title);
    }
    return blocks.subList(1, blocks.size());
  }

  String exampleConfiguration() throws IOException {
    return Files.readString(repository.resolve("docs/plasma-agent.conf"));
  }

  KeyTable keys() throws IOException {
    return KeyTable.in(Files.readString(repository.resolve("README.md")));
  }
}
