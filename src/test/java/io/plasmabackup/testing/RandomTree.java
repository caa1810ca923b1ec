package io.plasmabackup.testing;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A folder with every sort of file that Linux knows, and programs that compare it with what became
 * of it. Python makes and compares it: there names are bytes, and paths may be longer than the
 * kernel takes in one call. Needs root. Removed when closed.
 */
public final class RandomTree implements AutoCloseable {

  /** Debian's: another one on PATH may lack what this needs. */
  private static final String PYTHON = "/usr/bin/python3";

  /** The tree's folder in {@link #parent}. */
  public static final String NAME = "tree";

  private final Path parent;

  private RandomTree(Path parent) {
    this.parent = parent;
  }

  /** Grows a tree: the same for the same seed. */
  public static RandomTree grow(long seed) throws IOException {
    Requires.root();
    Requires.tool(PYTHON);
    RandomTree tree = new RandomTree(Files.createTempDirectory("plasma-tree"));
    Files.createDirectory(tree.path());
    python("random-tree.py", tree.path().toString(), Long.toString(seed));
    return tree;
  }

  /** The folder around the tree; what else is put here is removed with it. */
  public Path parent() {
    return parent;
  }

  public Path path() {
    return parent.resolve(NAME);
  }

  /** What differs in {@code other}, the first few, a line each; see compare-trees.py. */
  public String differences(Path other, String... ignored) {
    List<String> arguments = new ArrayList<>(List.of(path().toString(), other.toString()));
    arguments.addAll(List.of(ignored));
    return python("compare-trees.py", arguments.toArray(String[]::new));
  }

  /** What differs in {@code archive} as Python reads it, likewise; see compare-tar.py. */
  public String differencesInTar(Path archive) {
    return python("compare-tar.py", archive.toString(), parent.toString(), NAME);
  }

  private static String python(String script, String... arguments) {
    List<String> command = new ArrayList<>(List.of(PYTHON, resource(script).toString()));
    command.addAll(List.of(arguments));
    return Command.run(command.toArray(String[]::new))
        .lines()
        .limit(20)
        .collect(Collectors.joining("\n"));
  }

  private static Path resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(RandomTree.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** By a program that gets into paths of any length and names of any bytes. */
  @Override
  public void close() {
    Command.run("rm", "-rf", parent.toString());
  }
}
