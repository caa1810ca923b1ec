package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.cli.Planning.Planned;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.Live;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.Tree;
import io.plasmabackup.walk.TreeWalk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * All parts of a plan, open: from snapshots where there are any, else live. May be walked more than
 * once.
 */
final class Sources implements AutoCloseable {

  private static final RawPath ROOT = RawPath.of("/");

  private final Planned planned;
  private final List<Tree> trees = new ArrayList<>();
  private final List<Fd> opened = new ArrayList<>();

  private Sources(Planned planned) {
    this.planned = planned;
  }

  /** Opens everything as it is now, as if there were no snapshots to be made. */
  static Sources live(Planned planned) throws Failure {
    return of(planned, List.of());
  }

  /** Uses snapshots, which stay their owner's, for the parts that they are of. */
  static Sources of(Planned planned, List<Snapshot> snapshots) throws Failure {
    Map<SnapshotPlan, Snapshot> made = new HashMap<>();
    snapshots.forEach(snapshot -> made.put(snapshot.plan(), snapshot));
    Sources sources = new Sources(planned);
    try {
      for (Target target : planned.plan().targets()) {
        for (Part part : target.parts().toList()) {
          sources.open(target, part, made);
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

  private void open(Target target, Part part, Map<SnapshotPlan, Snapshot> made)
      throws ErrnoException, Failure {
    switch (part.reading()) {
      case FromSnapshot(SnapshotPlan plan, RawPath within) -> {
        Snapshot snapshot = made.get(plan);
        if (snapshot != null) {
          trees.add(new Tree(snapshot.root(), within, part.name(), Tree.Source.SNAPSHOT));
        } else {
          openLive(target, part, Tree.Source.LIVE_SUBVOLUME);
        }
      }
      case Live() -> openLive(target, part, Tree.Source.LIVE);
      case NotRead notRead -> {}
    }
  }

  private void openLive(Target target, Part part, Tree.Source source)
      throws ErrnoException, Failure {
    // The way to a target folder is the administrator's to choose, links included; the folder
    // itself is not followed.
    boolean whole = part.equals(target.whole());
    RawPath path = whole ? target.folder() : part.path();
    if (path.equals(ROOT)) {
      Fd root = Fd.openDirectory(ROOT);
      opened.add(root);
      trees.add(new Tree(root, RawPath.EMPTY, part.name(), source));
      return;
    }
    Fd parent =
        whole ? Fd.openFollowing(path.parent()) : Fd.openCanonical(path.parent(), Fd.Use.LOCATE);
    opened.add(parent);
    if (statusAt(parent, path, part).mount() != part.mount().id()) {
      throw new Failure(
          ExitCode.READ,
          path + " was mounted or unmounted a moment ago; no backup was made, start again");
    }
    trees.add(
        new Tree(parent, path.fileName(), part.name(), source, OptionalLong.of(part.mount().id())));
  }

  private static FileStatus statusAt(Fd parent, RawPath path, Part part)
      throws ErrnoException, Failure {
    try {
      return parent.statusAt(path.fileName());
    } catch (ErrnoException e) {
      if (!part.mounted()) {
        throw e;
      }
      throw new Failure(
          ExitCode.READ,
          "%s (%s) does not answer: %s; no backup was made, unmount it or leave it out by \"exclude\""
              .formatted(path, part.mount().type(), e.errno()),
          e);
    }
  }

  /** A new walk over all of them; closed by the caller. */
  EntryStream walk(Notes notes) {
    return new TreeWalk(trees, planned.mounts(), planned.rules(), notes);
  }

  @Override
  public void close() {
    opened.forEach(Fd::close);
  }
}
