package io.plasmabackup.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Compares a tree with what became of it, piece by piece. Each comparison gives what differs, the
 * first few, a line each; nothing if all is equal.
 */
public final class TreeComparison {

  private static final int SHOWN = 20;

  private TreeComparison() {}

  /**
   * With a restored one.
   *
   * @param ignored see compare-trees.py
   */
  public static String withRestored(Path tree, Path restored, String... ignored) {
    List<String> arguments = new ArrayList<>(List.of(tree.toString(), restored.toString()));
    arguments.addAll(List.of(ignored));
    return run("compare-trees.py", arguments.toArray(String[]::new));
  }

  /**
   * With an archive as Python's tarfile reads it.
   *
   * @param name of the tree in the archive
   */
  public static String withTar(Path tree, Path archive, String name) {
    return run("compare-tar.py", archive.toString(), tree.toString(), name);
  }

  /**
   * With an archive's index.
   *
   * @param index unpacked
   * @param name of the tree in the archive
   */
  public static String withIndex(Path tree, Path index, String name) {
    return run("compare-index.py", index.toString(), tree.toString(), name);
  }

  private static String run(String script, String... arguments) {
    return PythonScript.run(script, arguments)
        .lines()
        .limit(SHOWN)
        .collect(Collectors.joining("\n"));
  }
}
