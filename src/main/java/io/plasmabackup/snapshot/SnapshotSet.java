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
import io.plasmabackup.snapshot.Burst.Prepared;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The snapshots of one run: made together, and deleted together. Whoever makes it calls {@link
 * #delete} in the end, whatever happened meanwhile.
 */
public final class SnapshotSet {

  /**
   * Only root may look into a snapshot: what is set-uid there, or was readable once, is so for as
   * long as it lives.
   */
  private static final int DIRECTORY_MODE = 0700;

  /** What nobody else may have; a set-group-ID bit, which is inherited, does no harm. */
  private static final int OTHERS = 0077;

  /** Plasma's own directories, one a filesystem. */
  private final Map<RawPath, Fd> homes = new LinkedHashMap<>();

  private final Set<RawPath> madeHomes = new HashSet<>();

  /** The directories in them, one a snapshot. */
  private final Map<SnapshotPlan, Fd> places = new LinkedHashMap<>();

  private final List<Snapshot> snapshots = new ArrayList<>();
  private Duration skew = Duration.ZERO;

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

  /**
   * Takes over the snapshots that an earlier run has made, or was about to make. What isn't there
   * any more is left out.
   *
   * @param recorded in the order of the plan, each with its uuid if that was known
   * @throws Failure ({@link ExitCode#CLEANUP}) if the filesystem of one isn't mounted where it was;
   *     or if what is there is not what the run has made
   */
  public static SnapshotSet adopt(Map<SnapshotPlan, Optional<UUID>> recorded) throws Failure {
    SnapshotSet set = new SnapshotSet();
    try {
      for (Map.Entry<SnapshotPlan, Optional<UUID>> one : recorded.entrySet()) {
        set.adopt(one.getKey(), one.getValue(), recorded.keySet());
      }
      return set;
    } catch (ErrnoException e) {
      set.release();
      throw new Failure(ExitCode.CLEANUP, e.getMessage(), e);
    } catch (Failure | RuntimeException e) {
      set.release();
      throw e;
    }
  }

  private void adopt(SnapshotPlan plan, Optional<UUID> uuid, Set<SnapshotPlan> all)
      throws ErrnoException, Failure {
    Fd home = homes.get(plan.home());
    if (home == null) {
      if (madeHomes.contains(plan.home()) || !openExistingHome(plan.home(), all)) {
        return;
      }
      home = home(plan);
    }
    Fd place;
    try {
      place = home.openAt(plan.name(), Fd.Use.DIRECTORY);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    places.put(plan, place);
    Fd root;
    try {
      root = place.openAt(SnapshotPlan.SNAPSHOT, Fd.Use.DIRECTORY);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    SubvolumeInfo info;
    try {
      info = Subvolumes.info(root);
    } catch (ErrnoException e) {
      root.close();
      throw e;
    }
    boolean ours =
        uuid.isPresent()
            ? info.uuid().equals(uuid.get())
            : info.parentUuid().equals(plan.subvolumeUuid());
    if (!ours) {
      root.close();
      throw new Failure(
          ExitCode.CLEANUP,
          plan.path() + " is not the snapshot that an earlier run made; it is left alone");
    }
    snapshots.add(new Snapshot(plan, root, info));
  }

  /** Opens a home that an earlier run has used; false if it is gone, which is looked for once. */
  private boolean openExistingHome(RawPath path, Set<SnapshotPlan> all)
      throws ErrnoException, Failure {
    if (!path.fileName().equals(SnapshotPlan.HOME)) {
      throw new IllegalArgumentException("not a home of snapshots: " + path);
    }
    madeHomes.add(path);
    try (Fd parent = Fd.openCanonical(path.parent(), Fd.Use.DIRECTORY)) {
      if (!isSubvolume(parent, path.parent(), all)) {
        throw notMounted(path);
      }
      Fd home;
      try {
        home = parent.openAt(path.fileName(), Fd.Use.DIRECTORY);
      } catch (ErrnoException e) {
        if (e.is(Errno.ENOENT)) {
          return false;
        }
        throw e;
      }
      homes.put(path, home);
      requireOurs(path, home);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        throw notMounted(path);
      }
      throw e;
    }
  }

  /** Whether the root that was there then is there now. */
  private static boolean isSubvolume(Fd opened, RawPath path, Set<SnapshotPlan> all)
      throws ErrnoException {
    if (!Subvolumes.isOnBtrfs(opened) || !Subvolumes.isRoot(opened.status())) {
      return false;
    }
    UUID now = Subvolumes.info(opened).uuid();
    return all.stream()
        .filter(plan -> plan.subvolume().equals(path))
        .allMatch(plan -> plan.subvolumeUuid().equals(now));
  }

  private static Failure notMounted(RawPath home) {
    return new Failure(
        ExitCode.CLEANUP,
        home.parent()
            + " is not the btrfs subvolume now that it was, so that the snapshots of an earlier run cannot be reached in "
            + home
            + "; mount it there");
  }

  /** Lets everything go and leaves it where it is. {@link #delete} finds nothing afterwards. */
  public void release() {
    snapshots.forEach(snapshot -> snapshot.root().close());
    snapshots.clear();
    places.values().forEach(Fd::close);
    places.clear();
    homes.values().forEach(Fd::close);
    homes.clear();
    madeHomes.clear();
  }

  public List<Snapshot> snapshots() {
    return List.copyOf(snapshots);
  }

  /** The time in which all were made: no two are further apart. Zero for a single one. */
  public Duration skew() {
    return snapshots.size() > 1 ? skew : Duration.ZERO;
  }

  /** Whether those of each filesystem are of one transaction, and so of the very same moment. */
  public boolean isOfOneMoment() {
    Map<RawPath, Long> transactions = new LinkedHashMap<>();
    for (Snapshot snapshot : snapshots) {
      long made = snapshot.info().createdIn();
      Long other = transactions.putIfAbsent(snapshot.plan().home(), made);
      if (other != null && other != made) {
        return false;
      }
    }
    return true;
  }

  private void createAll(List<SnapshotPlan> plans) throws Failure {
    List<Fd> sources = new ArrayList<>();
    try {
      List<Prepared> prepared = new ArrayList<>();
      for (SnapshotPlan plan : plans) {
        Fd source = openSource(plan);
        sources.add(source);
        prepared.add(new Prepared(plan, source, makePlace(plan)));
      }
      // Everything is prepared: from here on only the snapshots themselves.
      Burst.Result result = Burst.make(prepared, homes.values());
      skew = result.skew();
      ErrnoException failed = null;
      RuntimeException defect = null;
      for (int i = 0; i < prepared.size(); i++) {
        switch (result.failures().get(i)) {
          case null -> {
            try {
              snapshots.add(opened(prepared.get(i)));
            } catch (ErrnoException e) {
              failed = failed == null ? e : failed;
            }
          }
          case ErrnoException e -> failed = failed == null ? e : failed;
          case RuntimeException e -> defect = e;
          case Exception e -> throw new IllegalStateException(e);
        }
      }
      if (defect != null) {
        throw defect;
      }
      if (failed != null) {
        throw failed;
      }
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.SNAPSHOT, e.getMessage() + advice(e) + "; no backup was made", e);
    } finally {
      sources.forEach(Fd::close);
    }
  }

  private static Snapshot opened(Prepared made) throws ErrnoException {
    Fd root = null;
    try {
      root = made.directory().openAt(SnapshotPlan.SNAPSHOT, Fd.Use.DIRECTORY);
      return new Snapshot(made.plan(), root, Subvolumes.info(root));
    } catch (ErrnoException e) {
      if (root != null) {
        root.close();
      }
      // Its uuid isn't known, but it was made a moment ago, where only we can make anything.
      try {
        Subvolumes.delete(made.directory(), SnapshotPlan.SNAPSHOT);
      } catch (ErrnoException leftBehind) {
        e.addSuppressed(leftBehind);
      }
      throw e;
    }
  }

  private static String advice(ErrnoException e) {
    if (e.is(Errno.ENOSPC)) {
      return "; make room on that filesystem (btrfs filesystem usage)";
    }
    return e.is(Errno.EROFS) ? "; mount that filesystem writable" : "";
  }

  private static Fd openSource(SnapshotPlan plan) throws ErrnoException, Failure {
    Fd source = Fd.openCanonical(plan.subvolume(), Fd.Use.DIRECTORY);
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

  /** Makes the directory that one snapshot goes into. */
  private Fd makePlace(SnapshotPlan plan) throws ErrnoException, Failure {
    Fd home = openHome(plan.home());
    home.makeDirectoryAt(plan.name(), DIRECTORY_MODE);
    try {
      Fd place = home.openAt(plan.name(), Fd.Use.DIRECTORY);
      places.put(plan, place);
      return place;
    } catch (ErrnoException e) {
      home.removeDirectoryAt(plan.name());
      throw e;
    }
  }

  /**
   * Opens the directory that holds all of a filesystem's snapshots, or makes it. One that others
   * could have made or can look into is refused.
   */
  private Fd openHome(RawPath path) throws ErrnoException, Failure {
    Fd known = homes.get(path);
    if (known != null) {
      return known;
    }
    try (Fd parent = Fd.openCanonical(path.parent(), Fd.Use.DIRECTORY)) {
      try {
        parent.makeDirectoryAt(path.fileName(), DIRECTORY_MODE);
        madeHomes.add(path);
      } catch (ErrnoException e) {
        if (!e.is(Errno.EEXIST)) {
          throw e;
        }
      }
      Fd home = parent.openAt(path.fileName(), Fd.Use.DIRECTORY);
      homes.put(path, home);
      requireOurs(path, home);
      return home;
    }
  }

  private static void requireOurs(RawPath path, Fd home) throws ErrnoException, Failure {
    FileStatus status = home.status();
    if (status.uid() != Accounts.effectiveUser() || (status.permissions() & OTHERS) != 0) {
      throw new Failure(
          ExitCode.SNAPSHOT,
          path
              + " was not made by Plasma: it must belong to the user who runs this, with mode 0700; move it away");
    }
  }

  /**
   * Deletes the snapshots, and their directories. Goes on where one cannot be deleted. What is gone
   * when this returns stays gone, even if the power fails: whoever has noted what was made may
   * forget it.
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
    places.forEach((plan, place) -> {
      place.close();
      remove(home(plan), plan.name(), failures);
    });
    places.clear();
    Set<RawPath> touched = new LinkedHashSet<>(homes.keySet());
    touched.addAll(madeHomes);
    homes.values().forEach(Fd::close);
    homes.clear();
    for (RawPath path : touched) {
      try (Fd parent = Fd.openCanonical(path.parent(), Fd.Use.DIRECTORY)) {
        if (madeHomes.contains(path)) {
          remove(parent, path.fileName(), failures);
        }
        // Even if nothing was there any more: who deleted it may have been killed before this.
        Subvolumes.awaitCommit(parent, Subvolumes.startCommit(parent));
      } catch (ErrnoException e) {
        failures.add(new Failure(ExitCode.CLEANUP, e.getMessage(), e));
      }
    }
    madeHomes.clear();
    return failures;
  }

  /** Removes a directory if it is empty. */
  private static void remove(Fd parent, RawPath name, List<Failure> failures) {
    try {
      parent.removeDirectoryAt(name);
    } catch (ErrnoException e) {
      // Not empty: somebody else's snapshot, or one of ours that is reported already.
      if (!e.is(Errno.ENOTEMPTY) && !e.is(Errno.ENOENT)) {
        failures.add(new Failure(ExitCode.CLEANUP, e.getMessage(), e));
      }
    }
  }

  private Fd home(SnapshotPlan plan) {
    Fd home = homes.get(plan.home());
    if (home == null) {
      throw new IllegalStateException(plan.home() + " was not opened");
    }
    return home;
  }

  private void delete(Snapshot snapshot) throws ErrnoException, Failure {
    SnapshotPlan plan = snapshot.plan();
    Fd place = places.get(plan);
    if (place == null) {
      throw new IllegalStateException(plan.path() + " was not made by this run");
    }
    try (Fd root = place.openAt(SnapshotPlan.SNAPSHOT, Fd.Use.DIRECTORY)) {
      if (!Subvolumes.info(root).uuid().equals(snapshot.info().uuid())) {
        throw new Failure(
            ExitCode.CLEANUP,
            plan.path() + " is not the snapshot any more that we made; it is left alone");
      }
      delete(place, root);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  /** Even one whose source's root nobody may delete: {@code chattr +i} and {@code +a}. */
  private static void delete(Fd place, Fd root) throws ErrnoException {
    FileStatus status = root.status();
    if (status.isImmutable() || status.isAppendOnly()) {
      Subvolumes.makeWritable(root);
      root.unlock();
    }
    Subvolumes.delete(place, SnapshotPlan.SNAPSHOT);
  }
}
