package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.CopiedArchive;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.Tree;
import io.plasmabackup.walk.TreeWalk;
import io.plasmabackup.walk.TreeWalk.Detail;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * All that is to be read, open: from snapshots where there are any, else live. May be walked more
 * than once.
 */
final class Sources implements AutoCloseable {

  private static final RawPath ROOT = RawPath.of("/");

  private final ReadingPlan reading;
  private final List<Tree> trees = new ArrayList<>();
  private final List<Fd> opened = new ArrayList<>();

  private Sources(ReadingPlan reading) {
    this.reading = reading;
  }

  /**
   * Opens it.
   *
   * @param snapshots in the order in which {@code reading} counts them; they stay their owner's
   */
  static Sources of(ReadingPlan reading, List<Snapshot> snapshots) throws Failure {
    return of(reading, snapshots, Optional.empty());
  }

  /**
   * As {@link #of(ReadingPlan, List)}.
   *
   * @param earlier an archive that may have the same
   */
  static Sources of(ReadingPlan reading, List<Snapshot> snapshots, Optional<CopiedArchive> earlier)
      throws Failure {
    Sources sources = new Sources(reading);
    try {
      for (TreePlan tree : reading.trees()) {
        if (tree.snapshot().isPresent()) {
          Snapshot snapshot = snapshots.get(tree.snapshot().getAsInt());
          sources.trees.add(
              new Tree(
                  snapshot.root(),
                  tree.path(),
                  tree.name(),
                  tree.source(),
                  OptionalLong.empty(),
                  transaction(snapshot, earlier)));
        } else {
          sources.openLive(tree);
        }
      }
      return sources;
    } catch (ErrnoException e) {
      sources.close();
      throw new Failure(ExitCode.READ, e.getMessage() + "; no backup was made", e);
    } catch (Failure e) {
      sources.close();
      throw e;
    }
  }

  /** Up to which transaction the earlier archive has the same subvolume. */
  private static OptionalLong transaction(Snapshot snapshot, Optional<CopiedArchive> earlier) {
    OptionalLong transaction =
        earlier.isEmpty()
            ? OptionalLong.empty()
            : earlier.get().transaction(snapshot.info().parentUuid());
    // What is younger there than here was rolled back together with the whole filesystem.
    return transaction.isPresent() && transaction.getAsLong() <= snapshot.info().createdIn()
        ? transaction
        : OptionalLong.empty();
  }

  private void openLive(TreePlan tree) throws ErrnoException, Failure {
    RawPath path = tree.path();
    if (path.equals(ROOT)) {
      Fd root = Fd.openDirectory(ROOT);
      opened.add(root);
      trees.add(new Tree(root, RawPath.EMPTY, tree.name(), tree.source()));
      return;
    }
    Fd parent = Fd.openCanonical(path.parent(), Fd.Use.LOCATE);
    opened.add(parent);
    long mount = mountAt(parent, tree);
    if (tree.mount().isPresent() && tree.mount().getAsLong() != mount) {
      throw new Failure(
          ExitCode.READ,
          path + " was mounted or unmounted a moment ago; no backup was made, start again");
    }
    trees.add(
        new Tree(parent, path.fileName(), tree.name(), tree.source(), OptionalLong.of(mount)));
  }

  private long mountAt(Fd parent, TreePlan tree) throws ErrnoException, Failure {
    try {
      return parent.statusAt(tree.path().fileName()).mount();
    } catch (ErrnoException e) {
      Optional<Mount> mount =
          reading.mounts().at(tree.path()).filter(on -> on.mountPoint().equals(tree.path()));
      if (mount.isEmpty()) {
        throw e;
      }
      throw new Failure(
          ExitCode.READ,
          "%s (%s) does not answer: %s; no backup was made, unmount it or leave it out by \"exclude\""
              .formatted(tree.path(), mount.get().type(), e.errno()),
          e);
    }
  }

  /** A new walk over all of them; closed by the caller. */
  EntryStream walk(Notes notes, Detail detail) {
    return new TreeWalk(trees, reading.mounts(), reading.rules(), notes, detail);
  }

  @Override
  public void close() {
    opened.forEach(Fd::close);
  }
}
