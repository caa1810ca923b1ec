package io.plasmabackup.benchmarks;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.Tree;
import io.plasmabackup.walk.TreeWalk;
import io.plasmabackup.walk.WalkRules;
import java.io.IOException;
import java.util.List;

/** A tree of the fixture, open, to be walked as a snapshot is. */
final class OpenTree implements AutoCloseable {

  /** A tree that nobody changes gives cause for none. */
  static final Notes NOTES =
      (path, how) -> {
        throw new IllegalStateException(path + " " + how);
      };

  private final MountTable mounts;
  private final Fd root;

  OpenTree(RawPath path) {
    try {
      mounts = MountTable.read();
      root = Fd.openDirectory(path);
    } catch (IOException e) {
      throw new IllegalStateException("cannot open the tree to measure on: " + e.getMessage(), e);
    }
  }

  EntryStream walk() {
    Tree tree = new Tree(root, RawPath.EMPTY, RawPath.of("tree"), Tree.Source.SNAPSHOT);
    return new TreeWalk(List.of(tree), mounts, WalkRules.EVERYTHING, NOTES);
  }

  @Override
  public void close() {
    root.close();
  }
}
