package io.plasmabackup.plan;

import io.plasmabackup.config.OtherFilesystems;
import io.plasmabackup.exclude.Reason;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides which of the parts of one target folder are archived. */
final class PartJudge {

  private static final RawPath ROOT = RawPath.of("/");

  /**
   * The folder itself, then those that show most of a subvolume, then mounts before nested
   * subvolumes: so that what is shown several times is archived where people look for it.
   */
  private static final Comparator<PartFacts> MOST_TELLING_FIRST =
      Comparator.comparing(
              (PartFacts part) -> part.subvolume().map(facts -> facts.within().length()).orElse(0))
          .thenComparing(part -> !part.mounted())
          .thenComparing(PartFacts::path);

  private final Wishes wishes;
  private final OwnPlaces own;
  private final FolderFacts folder;

  PartJudge(Wishes wishes, OwnPlaces own, FolderFacts folder) {
    this.wishes = wishes;
    this.own = own;
    this.folder = folder;
  }

  /**
   * What becomes of a part.
   *
   * @param notRead empty if it is archived
   */
  record Judged(PartFacts part, Optional<NotRead> notRead) {}

  /** A subvolume, whatever path it is reached by. */
  private record Subvolume(DeviceNumber filesystem, long id) {}

  /**
   * All parts, in the order of their paths, but without those that show nothing but what is there
   * without them: a folder bound to itself.
   */
  List<Judged> all() {
    List<Judged> judged = new ArrayList<>();
    Map<Subvolume, List<PartFacts>> archived = new HashMap<>();
    remember(folder.whole(), archived);
    for (PartFacts part : folder.parts().stream().sorted(MOST_TELLING_FIRST).toList()) {
      Optional<NotRead> notRead = whyNotRead(part);
      if (notRead.isPresent()) {
        judged.add(new Judged(part, notRead));
        continue;
      }
      Optional<RawPath> same = archivedAs(part, archived);
      if (same.isEmpty()) {
        remember(part, archived);
        judged.add(new Judged(part, Optional.empty()));
      } else if (!same.get().equals(part.path())) {
        judged.add(
            new Judged(
                part,
                Optional.of(
                    new NotRead(
                        Reason.DUPLICATE, "the same as " + same.get() + ", which is archived"))));
      }
    }
    judged.sort(Comparator.comparing(one -> one.part().path()));
    return judged;
  }

  private static void remember(PartFacts part, Map<Subvolume, List<PartFacts>> archived) {
    subvolume(part)
        .ifPresent(key -> archived.computeIfAbsent(key, k -> new ArrayList<>()).add(part));
  }

  private static Optional<Subvolume> subvolume(PartFacts part) {
    return part.subvolume()
        .filter(facts -> facts.root().isPresent())
        .map(facts -> new Subvolume(part.mount().device(), facts.info().id()));
  }

  /** Where else the folder shows the same, and it is archived. */
  private Optional<RawPath> archivedAs(PartFacts part, Map<Subvolume, List<PartFacts>> archived) {
    Optional<Subvolume> key = subvolume(part);
    if (key.isEmpty()) {
      return Optional.empty();
    }
    RawPath within = part.subvolume().orElseThrow().within();
    for (PartFacts other : archived.getOrDefault(key.get(), List.of())) {
      RawPath around = other.subvolume().orElseThrow().within();
      if (within.startsWith(around)) {
        RawPath path = other.path().resolve(within.relativeTo(around));
        boolean whole = within.isEmpty() && around.isEmpty();
        if (whole || path.equals(part.path()) || isArchivedWithAllInIt(part, other, path)) {
          return Optional.of(path);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Whether what {@code part} shows is all archived where {@code other} shows it too: where nothing
   * lies on the way to that path or below it, and nobody knows of anything that is left out.
   */
  private boolean isArchivedWithAllInIt(PartFacts part, PartFacts other, RawPath path) {
    return !wishes.leavesOutMarked()
        && wishes.exclusions().isEmpty()
        && folder.parts().stream()
            .filter(between ->
                !between.path().equals(other.path()) && !between.path().equals(part.path()))
            .noneMatch(between ->
                between.path().startsWith(path)
                    || (between.path().startsWith(other.path())
                        && path.startsWith(between.path())));
  }

  /** Empty if there is nothing against it. */
  Optional<NotRead> whyNotRead(PartFacts part) {
    Optional<NotRead> excluded = whyExcluded(part.path());
    if (excluded.isPresent()) {
      return excluded;
    }
    if (own.stores().stream().anyMatch(part.path()::startsWith)) {
      return notRead(Reason.OWN, "where the archives are stored");
    }
    Optional<String> pseudo = part.mounted() ? part.mount().whyPseudo() : Optional.empty();
    if (pseudo.isPresent()) {
      return notRead(Reason.MOUNT, pseudo.get());
    }
    if (wishes.otherFilesystems() == OtherFilesystems.SKIP && isOtherFilesystem(part)) {
      return notRead(
          Reason.MOUNT,
          "another filesystem (" + part.mount().type() + "), as \"otherFilesystems\" says");
    }
    if (part.subvolume().filter(facts -> facts.info().readOnly()).isPresent()
        && (!wishes.readOnlySubvolumes() || isPlasmas(part.path()))) {
      return notRead(Reason.READ_ONLY_SUBVOLUME, "a read-only subvolume");
    }
    return Optional.empty();
  }

  private Optional<NotRead> whyExcluded(RawPath path) {
    return wishes
        .exclusions()
        .matchWithParents(folder.nameOf(path), true)
        .flatMap(pattern -> notRead(Reason.EXCLUDED, "excluded by \"" + pattern + "\""));
  }

  private static Optional<NotRead> notRead(Reason reason, String why) {
    return Optional.of(new NotRead(reason, why));
  }

  boolean isOtherFilesystem(PartFacts part) {
    return !part.mount().device().equals(folder.mount().device());
  }

  /** Whether it is a snapshot that a run of Plasma made. */
  private static boolean isPlasmas(RawPath path) {
    RawPath around = path.parent();
    while (!around.isEmpty() && !around.equals(ROOT)) {
      if (around.fileName().equals(SnapshotPlan.HOME)) {
        return true;
      }
      around = around.parent();
    }
    return false;
  }
}
