package io.plasmabackup.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder with every sort of file that Linux knows, made by random-tree.py. Needs root. {@link
 * TreeComparison} compares it with what became of it.
 */
public final class RandomTree implements AutoCloseable {

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
    RandomTree tree = new RandomTree(parent, removable);
    Files.createDirectory(tree.path());
    List<String> arguments = new ArrayList<>(List.of(tree.path().toString(), Long.toString(seed)));
    arguments.addAll(List.of(options));
    PythonScript.run("random-tree.py", arguments.toArray(String[]::new));
    return tree;
  }

  /** The folder around the tree. */
  public Path parent() {
    return parent;
  }

  public Path path() {
    return parent.resolve(NAME);
  }

  /** By a program that gets into paths of any length and names of any bytes. */
  @Override
  public void close() {
    if (removable) {
      Command.run("rm", "-rf", parent.toString());
    }
  }
}
