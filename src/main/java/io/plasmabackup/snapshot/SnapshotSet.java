package io.plasmabackup.snapshot;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The snapshots of one run: made together, back to back, and deleted together. Whoever makes it
 * calls {@link #delete} in the end, whatever happened meanwhile.
 */
public final class SnapshotSet {

  /**
   * Only root may look into a snapshot: what is set-uid there, or was readable once, is so for as
   * long as it lives.
   */
  private static final int DIRECTORY_MODE = 0700;

  /** What nobody else may have; a set-group-ID bit, which is inherited, does no harm. */
  private static final int OTHERS = 0077;

  private final Map<RawPath, Fd> directories = new HashMap<>();
  private final Set<RawPath> madeDirectories = new HashSet<>();
  private final List<Snapshot> snapshots = new ArrayList<>();

  private SnapshotSet() {}

  /**
   * Makes read-only snapshots as planned. If one cannot be made, those made before are deleted
   * again.
   *
   * @throws Failure ({@link ExitCode#SNAPSHOT}) naming the subvolume and the reason
   */
  public static SnapshotSet create(List<SnapshotPlan> plans) throws Failure {
    SnapshotSet set = new SnapshotSet();
    try {
      set.createAll(plans);
      return set;
    } catch (Failure | RuntimeException failure) {
      set.delete().forEach(failure::addSuppressed);
      throw failure;
    }
  }

  public List<Snapshot> snapshots() {
    return List.copyOf(snapshots);
  }

  private void createAll(List<SnapshotPlan> plans) throws Failure {
    List<Fd> sources = new ArrayList<>();
    try {
      for (SnapshotPlan plan : plans) {
        sources.add(openSource(plan));
        openDirectory(plan.directory());
      }
      // Everything is prepared: from here on only the snapshots themselves, so that they are as
      // close together as can be.
      for (int i = 0; i < plans.size(); i++) {
        snapshots.add(create(plans.get(i), sources.get(i)));
      }
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.SNAPSHOT, e.getMessage() + advice(e) + "; no backup was made", e);
    } finally {
      sources.forEach(Fd::close);
    }
  }

  private Snapshot create(SnapshotPlan plan, Fd source) throws ErrnoException {
    Fd directory = directory(plan.directory());
    Subvolumes.createReadOnlySnapshot(source, directory, plan.name());
    try {
      return opened(plan, directory);
    } catch (ErrnoException e) {
      // Its uuid isn't known, but it was made a moment ago, where only we can make anything.
      try {
        Subvolumes.delete(directory, plan.name());
      } catch (ErrnoException leftBehind) {
        e.addSuppressed(leftBehind);
      }
      throw e;
    }
  }

  private static Snapshot opened(SnapshotPlan plan, Fd directory) throws ErrnoException {
    Fd root = directory.openAt(plan.name(), Fd.Use.DIRECTORY);
    try {
      return new Snapshot(plan, root, Subvolumes.info(root));
    } catch (ErrnoException e) {
      root.close();
      throw e;
    }
  }

  private static String advice(ErrnoException e) {
    if (e.is(Errno.ENOSPC)) {
      return "; make room on that filesystem (btrfs filesystem usage)";
    }
    return e.is(Errno.EROFS) ? "; mount that filesystem writable" : "";
  }

  private Fd directory(RawPath path) {
    Fd directory = directories.get(path);
    if (directory == null) {
      throw new IllegalStateException(path + " was not opened");
    }
    return directory;
  }

  private static Fd openSource(SnapshotPlan plan) throws ErrnoException, Failure {
    Fd source = Fd.open(plan.subvolume(), Fd.Use.DIRECTORY);
    try {
      if (Subvolumes.isRoot(source.status())
          && Subvolumes.info(source).id() == plan.subvolumeId()) {
        return source;
      }
    } catch (ErrnoException e) {
      source.close();
      throw e;
    }
    source.close();
    throw new Failure(
        ExitCode.SNAPSHOT,
        plan.subvolume() + " is not the subvolume any more that it was a moment ago; start again");
  }

  /**
   * Opens the directory for snapshots, made if need be: one that others could have made or can look
   * into is refused.
   */
  private void openDirectory(RawPath path) throws ErrnoException, Failure {
    if (directories.containsKey(path)) {
      return;
    }
    try (Fd parent = Fd.open(path.parent(), Fd.Use.DIRECTORY)) {
      try {
        parent.makeDirectoryAt(path.fileName(), DIRECTORY_MODE);
        madeDirectories.add(path);
      } catch (ErrnoException e) {
        if (!e.is(Errno.EEXIST)) {
          throw e;
        }
      }
      Fd directory = parent.openAt(path.fileName(), Fd.Use.DIRECTORY);
      directories.put(path, directory);
      FileStatus status = directory.status();
      if (status.uid() != Accounts.effectiveUser() || (status.permissions() & OTHERS) != 0) {
        throw new Failure(
            ExitCode.SNAPSHOT,
            path
                + " was not made by Plasma: it must belong to the user who runs this, with mode 0700; move it away");
      }
    }
  }

  /**
   * Deletes the snapshots, and their directories if they are empty then. Goes on where one cannot
   * be deleted.
   *
   * @return what could not be deleted ({@link ExitCode#CLEANUP}); empty if nothing is left behind
   */
  public List<Failure> delete() {
    List<Failure> failures = new ArrayList<>();
    for (Snapshot snapshot : snapshots) {
      snapshot.root().close();
      try {
        delete(snapshot);
      } catch (ErrnoException e) {
        failures.add(
            new Failure(
                ExitCode.CLEANUP,
                e.getMessage()
                    + "; delete it with: btrfs subvolume delete "
                    + snapshot.plan().path(),
                e));
      } catch (Failure failure) {
        failures.add(failure);
      }
    }
    snapshots.clear();
    directories.values().forEach(Fd::close);
    directories.clear();
    for (RawPath path : madeDirectories) {
      try (Fd parent = Fd.open(path.parent(), Fd.Use.DIRECTORY)) {
        parent.removeDirectoryAt(path.fileName());
      } catch (ErrnoException e) {
        // Not empty: somebody else's snapshot, or one of ours that is reported already.
        if (!e.is(Errno.ENOTEMPTY) && !e.is(Errno.ENOENT)) {
          failures.add(new Failure(ExitCode.CLEANUP, e.getMessage(), e));
        }
      }
    }
    madeDirectories.clear();
    return failures;
  }

  private void delete(Snapshot snapshot) throws ErrnoException, Failure {
    SnapshotPlan plan = snapshot.plan();
    Fd directory = directory(plan.directory());
    SubvolumeInfo now;
    try (Fd root = directory.openAt(plan.name(), Fd.Use.DIRECTORY)) {
      now = Subvolumes.info(root);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    if (!now.uuid().equals(snapshot.info().uuid())) {
      throw new Failure(
          ExitCode.CLEANUP,
          plan.path() + " is not the snapshot any more that we made; it is left alone");
    }
    Subvolumes.delete(directory, plan.name());
  }
}
