package io.plasmabackup.plan;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.plan.Plan.Target;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Facts → {@link Plan}. Pure: the same facts give the same plan. */
public final class Planner {

  /** Where a filesystem's snapshots are, in the root of one of its subvolumes. */
  static final String SNAPSHOT_DIRECTORY = ".plasma-snapshots";

  private final Strategy strategy;
  private final MountTable mounts;
  private final Privileges privileges;
  private final OwnPlaces own;

  public Planner(Strategy strategy, MountTable mounts, Privileges privileges, OwnPlaces own) {
    this.strategy = strategy;
    this.mounts = mounts;
    this.privileges = privileges;
    this.own = own;
  }

  /**
   * Plans a run.
   *
   * @param runId may be part of a file name
   * @throws Failure ({@link ExitCode#REFUSED}) if the strategy cannot be carried out on one of the
   *     folders
   */
  public Plan plan(String runId, ZonedDateTime time, List<FolderFacts> folders) throws Failure {
    List<String> warnings = new ArrayList<>();
    List<FolderFacts> kept = withoutNested(folders, warnings);
    for (FolderFacts folder : kept) {
      if (own.store().filter(folder.location()::equals).isPresent()) {
        throw refused(folder, "is where the archives are stored; store them elsewhere");
      }
    }
    warnAboutLinks(kept, warnings);
    List<Target> targets = new ArrayList<>();
    Map<RawPath, SnapshotPlan> snapshots = new HashMap<>();
    List<SnapshotPlan> inOrder = new ArrayList<>();
    if (strategy == Strategy.BTRFS_SNAPSHOT) {
      for (FolderFacts folder : kept) {
        RawPath root = snapshotRoot(folder);
        if (!snapshots.containsKey(root)) {
          SnapshotPlan snapshot = snapshot(runId, inOrder.size() + 1, folder, root, kept);
          snapshots.put(root, snapshot);
          inOrder.add(snapshot);
        }
        targets.add(target(folder, Optional.of(snapshots.get(root))));
      }
      warnAboutMounts(kept, warnings);
    } else {
      kept.forEach(folder -> targets.add(target(folder, Optional.empty())));
    }
    return new Plan(
        runId, time, strategy, targets, inOrder, hidden(kept, inOrder, own, warnings), warnings);
  }

  private static Target target(FolderFacts folder, Optional<SnapshotPlan> snapshot) {
    return new Target(folder.folder(), folder.location(), folder.mount(), snapshot);
  }

  /**
   * A folder within another one comes with it: unless it is in another subvolume, which that one's
   * snapshot lacks.
   */
  private List<FolderFacts> withoutNested(List<FolderFacts> folders, List<String> warnings) {
    List<FolderFacts> kept = new ArrayList<>();
    for (FolderFacts folder : folders) {
      Optional<FolderFacts> around =
          folders.stream()
              .filter(other -> !other.equals(folder) && contains(other, folder))
              .findFirst();
      if (around.isPresent()) {
        warnings.add(
            folder.folder() + " is part of " + around.get().folder() + "; it is archived once");
      } else {
        kept.add(folder);
      }
    }
    kept.sort(Comparator.comparing(FolderFacts::folder));
    return kept;
  }

  private boolean contains(FolderFacts outer, FolderFacts inner) {
    boolean sameTree =
        strategy == Strategy.BTRFS_SNAPSHOT
            ? outer.subvolume().equals(inner.subvolume())
            : outer.mount().equals(inner.mount());
    return sameTree
        && inner.folder().startsWith(outer.folder())
        && inner.location().startsWith(outer.location());
  }

  private static void warnAboutLinks(List<FolderFacts> folders, List<String> warnings) {
    for (FolderFacts folder : folders) {
      folder
          .linkTarget()
          .filter(
              target -> folders.stream().noneMatch(other -> target.startsWith(other.location())))
          .ifPresent(target ->
              warnings.add(
                  folder.folder()
                      + " is a symbolic link: the link is archived, "
                      + target
                      + " behind it is not in the backup; add that to \"folders\" if it should be"));
    }
  }

  private void warnAboutMounts(List<FolderFacts> folders, List<String> warnings) {
    for (FolderFacts folder : folders) {
      for (Mount mount : mounts.visibleBelow(folder.location())) {
        boolean covered =
            folders.stream().anyMatch(other -> mount.mountPoint().equals(other.location()));
        if (!covered && !mount.isPseudo()) {
          warnings.add(
              mount.mountPoint()
                  + " ("
                  + mount.type()
                  + ") is mounted below "
                  + folder.folder()
                  + " and not in its snapshot: it is not in the backup; add it to \"folders\" if it should be");
        }
      }
    }
  }

  private RawPath snapshotRoot(FolderFacts folder) throws Failure {
    SubvolumeFacts subvolume =
        folder
            .subvolume()
            .orElseThrow(() ->
                refused(
                    folder,
                    "is on "
                        + folder.mount().type()
                        + ", not on btrfs; use the strategy \"tar\", or leave the folder out"));
    if (!privileges.systemAdministration()) {
      throw refused(folder, "cannot be snapshotted without CAP_SYS_ADMIN; run as root");
    }
    return subvolume
        .root()
        .orElseThrow(() ->
            refused(
                folder,
                "is on "
                    + folder.mount().mountPoint()
                    + ", where only a part of its subvolume is mounted; name a path on a mount of the whole"
                    + " subvolume"));
  }

  private Failure refused(FolderFacts folder, String reason) {
    return new Failure(
        ExitCode.REFUSED,
        "the strategy \""
            + strategy.text()
            + "\" cannot run here: "
            + folder.folder()
            + " "
            + reason);
  }

  private SnapshotPlan snapshot(
      String runId, int number, FolderFacts folder, RawPath root, List<FolderFacts> folders)
      throws Failure {
    RawPath home = snapshotHome(folder, folders);
    return new SnapshotPlan(
        root,
        folder.subvolume().orElseThrow().info().id(),
        home.resolve(SNAPSHOT_DIRECTORY),
        RawPath.of(runId + "-" + number));
  }

  /**
   * One place for all snapshots of a filesystem: the root of a subvolume that is ours if there is
   * one, so that nobody can keep us from making a directory there; else of any.
   */
  private RawPath snapshotHome(FolderFacts folder, List<FolderFacts> folders) throws Failure {
    DeviceNumber filesystem = folder.mount().device();
    return folders.stream()
        .filter(other -> other.mount().device().equals(filesystem))
        .flatMap(other -> other.subvolume().stream())
        .filter(subvolume -> !subvolume.info().readOnly() && subvolume.root().isPresent())
        .min(
            Comparator.comparing(SubvolumeFacts::ownedByUs)
                .reversed()
                .thenComparing(subvolume -> subvolume.root().orElseThrow()))
        .flatMap(SubvolumeFacts::root)
        .orElseThrow(() ->
            refused(
                folder,
                "is in a read-only subvolume, and no other target folder on that filesystem is in a writable one,"
                    + " where its snapshot could be; archive it with the strategy \"tar\""));
  }

  /**
   * What is Plasma's own, as it would be called in the archive: snapshots' directories, local
   * archives, the tempfile.
   */
  private static Set<RawPath> hidden(
      List<FolderFacts> folders,
      List<SnapshotPlan> snapshots,
      OwnPlaces own,
      List<String> warnings) {
    Set<RawPath> hidden = new HashSet<>();
    for (SnapshotPlan snapshot : snapshots) {
      hide(snapshot.directory(), folders, hidden);
      // Left by a run that was cut off and used another place.
      hide(snapshot.subvolume().resolve(SNAPSHOT_DIRECTORY), folders, hidden);
    }
    own.tempfiles().forEach(tempfile -> hide(tempfile, folders, hidden));
    own.store()
        .filter(store -> hide(store, folders, hidden))
        .ifPresent(store ->
            warnings.add(
                store + " is where the archives are stored: it is not in the backup itself"));
    return hidden;
  }

  /** Returns whether the path is in one of the folders. */
  private static boolean hide(RawPath path, List<FolderFacts> folders, Set<RawPath> hidden) {
    boolean inFolder = false;
    for (FolderFacts folder : folders) {
      if (path.startsWith(folder.location())) {
        inFolder = true;
        hidden.add(
            folder
                .folder()
                .resolve(path.relativeTo(folder.location()))
                .relativeTo(RawPath.of("/")));
      }
    }
    return inFolder;
  }
}
