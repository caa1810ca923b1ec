package io.plasmabackup.plan;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.OtherFilesystems;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.exclude.Reason;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.PartJudge.Judged;
import io.plasmabackup.plan.Plan.Live;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.Reading;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.plan.Plan.Target;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Facts → {@link Plan}. Pure: the same facts give the same plan. */
public final class Planner {

  private static final RawPath ROOT = RawPath.of("/");

  private final Wishes wishes;
  private final Privileges privileges;
  private final OwnPlaces own;

  public Planner(Wishes wishes, Privileges privileges, OwnPlaces own) {
    this.wishes = wishes;
    this.privileges = privileges;
    this.own = own;
  }

  /**
   * Plans a run.
   *
   * @param runId may be part of a file name
   * @throws Failure ({@link ExitCode#REFUSED}) if it cannot be carried out on one of the folders
   */
  public Plan plan(String runId, ZonedDateTime time, List<FolderFacts> folders) throws Failure {
    List<String> warnings = new ArrayList<>();
    for (FolderFacts folder : folders) {
      refuseWhatIsExcluded(folder);
    }
    List<FolderFacts> kept =
        withoutPartsOfOthers(withoutCovered(withoutLinkedNames(folders, warnings), warnings));
    for (FolderFacts folder : kept) {
      refuseWhatCannotBe(folder);
    }
    warnAboutLinks(kept, warnings);
    SnapshotPlanner snapshots = new SnapshotPlanner(runId, this::refused);
    List<List<Judged>> judged = new ArrayList<>();
    for (FolderFacts folder : kept) {
      List<Judged> parts = new PartJudge(wishes, own, folder).all();
      judged.add(parts);
      if (wishes.strategy() == Strategy.BTRFS_SNAPSHOT) {
        snapshots.add(folder.whole());
        parts.stream()
            .filter(one -> one.notRead().isEmpty() && hasRoot(one.part()))
            .forEach(one -> snapshots.add(one.part()));
      }
    }
    List<SnapshotPlan> planned = snapshots.plans();
    List<Target> targets = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      targets.add(target(kept.get(i), judged.get(i), snapshots, warnings));
    }
    Set<RawPath> hidden = new HashSet<>();
    for (FolderFacts folder : kept) {
      hidden.addAll(snapshots.hidden(folder));
    }
    hideOwnPlaces(kept, hidden, warnings);
    return new Plan(runId, time, wishes.strategy(), targets, planned, hidden, warnings);
  }

  /**
   * A folder that is reached by a link within another one goes by its own path: below the link,
   * which is in the archive too, no program could extract it.
   */
  private static List<FolderFacts> withoutLinkedNames(
      List<FolderFacts> folders, List<String> warnings) {
    Map<RawPath, FolderFacts> byName = new LinkedHashMap<>();
    for (FolderFacts folder : folders) {
      boolean linked =
          folders.stream()
              .anyMatch(other ->
                  !other.equals(folder)
                      && folder.folder().startsWith(other.folder())
                      && !isIn(folder, other));
      FolderFacts named = linked ? folder.asItself() : folder;
      if (!named.equals(folder)) {
        warnings.add(
            folder.folder()
                + " is reached by a symbolic link in another target folder; it is archived as "
                + named.folder());
      }
      byName.putIfAbsent(named.folder(), named);
    }
    return List.copyOf(byName.values());
  }

  /** A folder within another one comes with it, unless that one leaves it out. */
  private List<FolderFacts> withoutCovered(List<FolderFacts> folders, List<String> warnings) {
    List<FolderFacts> kept = new ArrayList<>();
    for (FolderFacts folder : folders) {
      Optional<FolderFacts> around =
          folders.stream()
              .filter(other -> !other.equals(folder) && covers(other, folder))
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

  /** What is at or below another target folder is that one's. */
  private static List<FolderFacts> withoutPartsOfOthers(List<FolderFacts> folders) {
    return folders.stream()
        .map(folder -> {
          List<RawPath> others =
              folders.stream()
                  .filter(other -> !other.equals(folder) && isIn(other, folder))
                  .map(FolderFacts::location)
                  .toList();
          return folder.withoutPartsIn(others);
        })
        .toList();
  }

  /** Whether one is met on the way through the other, and under the same name: by no link. */
  private static boolean isIn(FolderFacts inner, FolderFacts outer) {
    return inner.location().startsWith(outer.location())
        && inner.folder().relativeTo(RawPath.of("/")).equals(outer.nameOf(inner.location()));
  }

  private boolean covers(FolderFacts outer, FolderFacts inner) {
    // What is marked on the way to it is only found when it is walked.
    if (!isIn(inner, outer) || wishes.leavesOutMarked()) {
      return false;
    }
    if (!wishes.readOnlySubvolumes()
        && inner.subvolume().filter(facts -> facts.info().readOnly()).isPresent()
        && !inner
            .subvolume()
            .map(SubvolumeFacts::info)
            .equals(outer.subvolume().map(SubvolumeFacts::info))) {
      return false;
    }
    return new PartJudge(wishes, own, outer)
        .all().stream()
            .filter(one -> inner.location().startsWith(one.part().path()))
            .allMatch(one -> one.notRead().isEmpty());
  }

  private void refuseWhatIsExcluded(FolderFacts folder) throws Failure {
    Optional<String> pattern =
        wishes
            .exclusions()
            .matchWithParents(name(folder.folder()), folder.type() == FileStatus.Type.DIRECTORY);
    if (pattern.isPresent()) {
      throw refused(
          folder.folder(),
          "is a target folder, but \"exclude\" has \""
              + pattern.get()
              + "\", which leaves it out; remove one of them");
    }
  }

  private void refuseWhatCannotBe(FolderFacts folder) throws Failure {
    if (own.stores().contains(folder.location())) {
      throw refused(folder.folder(), "is where the archives are stored; store them elsewhere");
    }
    if (wishes.strategy() != Strategy.BTRFS_SNAPSHOT) {
      return;
    }
    if (folder.subvolume().isEmpty()) {
      throw refused(
          folder.folder(),
          "is on "
              + folder.mount().type()
              + ", not on btrfs; use the strategy \"tar\", or leave the folder out");
    }
    if (!privileges.systemAdministration()) {
      throw refused(folder.folder(), "cannot be snapshotted without CAP_SYS_ADMIN; run as root");
    }
    if (folder.subvolume().get().root().isEmpty()) {
      throw refused(
          folder.folder(),
          "is on "
              + folder.mount().mountPoint()
              + ", where only a part of its subvolume is mounted, and no other mount shows the whole;"
              + " mount the whole subvolume somewhere");
    }
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

  private static boolean hasRoot(PartFacts part) {
    return part.subvolume().filter(facts -> facts.root().isPresent()).isPresent();
  }

  private Target target(
      FolderFacts folder, List<Judged> judged, SnapshotPlanner snapshots, List<String> warnings)
      throws Failure {
    Part whole =
        part(
            folder,
            folder.whole(),
            wishes.strategy() == Strategy.BTRFS_SNAPSHOT
                ? snapshots.reading(folder.whole())
                : new Live());
    List<Part> inner = new ArrayList<>();
    for (Judged one : judged) {
      Reading reading =
          one.notRead().isPresent()
              ? one.notRead().get()
              : included(folder, one.part(), snapshots, warnings);
      inner.add(part(folder, one.part(), reading));
    }
    for (RawPath path : folder.hidden()) {
      if (inner.stream().noneMatch(part -> part.path().equals(path))) {
        inner.add(
            new Part(
                path,
                folder.nameOf(path),
                folder.mount(),
                false,
                Optional.empty(),
                new NotRead(Reason.HIDDEN, "a subvolume that something mounted above it hides")));
      }
    }
    inner.sort(Comparator.comparing(Part::path));
    return new Target(folder.folder(), whole, inner);
  }

  private static Part part(FolderFacts folder, PartFacts facts, Reading reading) {
    return new Part(
        facts.path(),
        folder.nameOf(facts.path()),
        facts.mount(),
        facts.mounted(),
        facts.subvolume().map(SubvolumeFacts::info),
        reading);
  }

  private Reading included(
      FolderFacts folder, PartFacts part, SnapshotPlanner snapshots, List<String> warnings)
      throws Failure {
    if (new PartJudge(wishes, own, folder).isOtherFilesystem(part)
        && wishes.otherFilesystems() == OtherFilesystems.FAIL) {
      throw refused(
          part.path(),
          "is another filesystem ("
              + part.mount().type()
              + ") below "
              + folder.folder()
              + ", and \"otherFilesystems\" is \"fail\"; exclude it, or unmount it");
    }
    if (wishes.strategy() != Strategy.BTRFS_SNAPSHOT) {
      return new Live();
    }
    if (hasRoot(part)) {
      return snapshots.reading(part);
    }
    warnings.add(
        part.path()
            + (part.subvolume().isPresent()
                ? " shows a part of a subvolume whose root is not mounted anywhere"
                : " (%s) %s"
                    .formatted(
                        part.mount().type(),
                        part.mount().type().equals("btrfs")
                            ? "is neither a file nor a folder"
                            : "is not on btrfs"))
            + ": it is archived as it is while it is read, not from a snapshot");
    return new Live();
  }

  private Failure refused(RawPath path, String reason) {
    return new Failure(
        ExitCode.REFUSED,
        "the strategy \""
            + wishes.strategy().text()
            + "\" cannot run here: "
            + path
            + " "
            + reason);
  }

  private static RawPath name(RawPath absolute) {
    return absolute.relativeTo(ROOT);
  }

  /** Local archives, the tempfile and the journal are not in the backup. */
  private void hideOwnPlaces(
      List<FolderFacts> folders, Set<RawPath> hidden, List<String> warnings) {
    own.notes().forEach(note -> hide(note, folders, hidden));
    own.stores().stream()
        .filter(store -> hide(store, folders, hidden))
        .forEach(store ->
            warnings.add(
                store + " is where the archives are stored: it is not in the backup itself"));
  }

  /** Returns whether the path is in one of the folders. */
  private static boolean hide(RawPath path, List<FolderFacts> folders, Set<RawPath> hidden) {
    boolean inFolder = false;
    for (FolderFacts folder : folders) {
      if (path.startsWith(folder.location())) {
        inFolder = true;
        hidden.add(folder.nameOf(path));
      }
    }
    return inFolder;
  }
}
