package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Plan.Target;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.Tree;
import io.plasmabackup.walk.TreeWalk;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan's targets, open: from snapshots where there are any, else live. May be walked more than
 * once.
 */
final class Sources implements AutoCloseable {

  private static final RawPath ROOT = RawPath.of("/");

  private final Plan plan;
  private final MountTable mounts;
  private final List<Tree> trees = new ArrayList<>();
  private final List<Fd> opened = new ArrayList<>();

  private Sources(Plan plan, MountTable mounts) {
    this.plan = plan;
    this.mounts = mounts;
  }

  /** Opens the live folders. */
  static Sources live(Plan plan, MountTable mounts) throws Failure {
    Sources sources = new Sources(plan, mounts);
    try {
      for (Target target : plan.targets()) {
        // The way to a folder is the administrator's to choose, links included; the folder itself
        // is not followed.
        boolean root = target.folder().equals(ROOT);
        Fd base = Fd.openDirectory(root ? ROOT : target.folder().parent());
        sources.opened.add(base);
        RawPath relative = root ? RawPath.EMPTY : target.folder().fileName();
        boolean oneSubvolume = target.snapshot().isPresent();
        sources.trees.add(new Tree(base, relative, target.memberName(), true, oneSubvolume));
      }
      return sources;
    } catch (ErrnoException e) {
      sources.close();
      throw new Failure(ExitCode.READ, e.getMessage() + "; no backup was made", e);
    }
  }

  /** Uses snapshots that stay their owner's. */
  static Sources of(Plan plan, MountTable mounts, List<Snapshot> snapshots) {
    Sources sources = new Sources(plan, mounts);
    for (Target target : plan.targets()) {
      Snapshot snapshot =
          snapshots.stream()
              .filter(candidate -> target.snapshot().filter(candidate.plan()::equals).isPresent())
              .findFirst()
              .orElseThrow();
      RawPath relative = target.location().relativeTo(snapshot.plan().subvolume());
      sources.trees.add(new Tree(snapshot.root(), relative, target.memberName(), false));
    }
    return sources;
  }

  /** A new walk over all of them; closed by the caller. */
  EntryStream walk(Notes notes) {
    return new TreeWalk(trees, mounts, plan.hidden(), notes);
  }

  @Override
  public void close() {
    opened.forEach(Fd::close);
  }
}
