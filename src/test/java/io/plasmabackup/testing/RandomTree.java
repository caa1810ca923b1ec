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
 * kernel takes in one call. Needs root.
 */
public final class RandomTree implements AutoCloseable {

  /** Debian's: another one on PATH may lack what this needs. */
  private static final String PYTHON = "/usr/bin/python3";

  /** The tree's folder in {@link #parent}. */
  public static final String NAME = "tree";

  /**
   * A folder in the tree, unless it is a small one, with paths that GNU tar and bsdtar cannot
   * create.
   */
  public static final String UNREACHABLE = "long";

  private final Path parent;
  private final boolean removable;

  private RandomTree(Path parent, boolean removable) {
    this.parent = parent;
    this.removable = removable;
  }

  /**
   * Grows a tree, the same for the same seed, in a temporary folder that {@link #close} removes.
   */
  public static RandomTree grow(long seed) throws IOException {
    return grow(Files.createTempDirectory("plasma-tree"), true, seed);
  }

  /**
   * Grows a tree on a btrfs, with what only btrfs has and with protected files, which go with the
   * filesystem: {@link #close} leaves them.
   *
   * @param parent an existing folder, where nothing else is called {@link #NAME}
   * @param options of random-tree.py
   */
  public static RandomTree growOnBtrfs(Path parent, long seed, String... options)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("--btrfs"));
    all.addAll(List.of(options));
    return grow(parent, false, seed, all.toArray(String[]::new));
  }

  private static RandomTree grow(Path parent, boolean removable, long seed, String... options)
      throws IOException {
    Requires.root();
    Requires.tool(PYTHON);
    RandomTree tree = new RandomTree(parent, removable);
    Files.createDirectory(tree.path());
    List<String> arguments = new ArrayList<>(List.of(tree.path().toString(), Long.toString(seed)));
    arguments.addAll(List.of(options));
    python("random-tree.py", arguments.toArray(String[]::new));
    return tree;
  }

  /** The folder around the tree. */
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

  /**
   * What differs in {@code archive} as Python reads it, likewise; see compare-tar.py.
   *
   * @param name of the tree in the archive
   */
  public String differencesInTar(Path archive, String name) {
    return python("compare-tar.py", archive.toString(), path().toString(), name);
  }

  /**
   * What differs in an archive's index, likewise; see compare-index.py.
   *
   * @param index unpacked
   * @param name of the tree in the archive
   */
  public String differencesInIndex(Path index, String name) {
    return python("compare-index.py", index.toString(), path().toString(), name);
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
    if (removable) {
      Command.run("rm", "-rf", parent.toString());
    }
  }
}
