package io.plasmabackup.rotate;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Label;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What a rotation does to one folder: a decision, nothing is touched here. Each list is sorted,
 * oldest first; files that are neither archives nor indexes are in none of them.
 *
 * <p>The name alone decides which archives go first. An archive belongs to the label that its name
 * says, even where its date would have given it another one: whoever renames an archive means it.
 *
 * @param keep archives that the policy keeps
 * @param delete archives that go, with their indexes and records of verification
 * @param recent archives that were stored so recently that the policy's minimum age keeps them: not
 *     counted, so that what came since then, wanted or not, pushes nothing out that came before
 * @param future archives dated more than {@link #FUTURE_TOLERANCE} after now: kept, and not
 *     counted, so that one wrong clock cannot push good backups out
 * @param leftovers archives that are gone but whose indexes or records are still there, as a
 *     rotation leaves them that is stopped between these: they go. Only where the policy would
 *     delete the archive too if it were there; the index of a newer archive stays, because it may
 *     have been uploaded while the folder was being listed.
 */
public record Rotation(
    List<ArchiveName> keep,
    List<ArchiveName> delete,
    List<ArchiveName> recent,
    List<ArchiveName> future,
    List<ArchiveName> leftovers) {

  /**
   * Names have the local time of the machine backed up, which may be in another time zone than the
   * one that rotates: two right clocks differ by 26 hours at most (UTC-12 and UTC+14).
   */
  public static final Duration FUTURE_TOLERANCE = Duration.ofHours(26);

  public Rotation {
    keep = List.copyOf(keep);
    delete = List.copyOf(delete);
    recent = List.copyOf(recent);
    future = List.copyOf(future);
    leftovers = List.copyOf(leftovers);
  }

  /**
   * Of each label the newest stay, as many as {@code policy} says.
   *
   * @param fileNames everything in the folder, untrusted, in any order
   * @param now local time where the rotation runs
   */
  public static Rotation plan(Policy policy, Collection<String> fileNames, LocalDateTime now) {
    return plan(policy, fileNames, now, name -> false);
  }

  /**
   * Likewise.
   *
   * @param isRecent whether an archive hasn't reached the policy's minimum age
   */
  static Rotation plan(
      Policy policy,
      Collection<String> fileNames,
      LocalDateTime now,
      Predicate<ArchiveName> isRecent) {
    LocalDateTime latest = now.plus(FUTURE_TOLERANCE);
    TreeSet<ArchiveName> archives = new TreeSet<>();
    TreeSet<ArchiveName> recent = new TreeSet<>();
    TreeSet<ArchiveName> future = new TreeSet<>();
    TreeSet<ArchiveName> described = new TreeSet<>();
    for (String fileName : fileNames) {
      ArchiveName.parse(fileName)
          .ifPresent(archive -> (archive.time().isAfter(latest) ? future : archives).add(archive));
      ArchiveName.parseIndex(fileName)
          .or(() -> ArchiveName.parseRecord(fileName))
          .filter(archive -> !archive.time().isAfter(latest))
          .ifPresent(described::add);
    }
    described.removeIf(archives::contains);
    archives.stream().filter(isRecent).forEach(recent::add);
    archives.removeAll(recent);

    TreeSet<ArchiveName> keep = new TreeSet<>();
    TreeSet<ArchiveName> delete = new TreeSet<>();
    TreeSet<ArchiveName> leftovers = new TreeSet<>();
    for (Label label : Label.values()) {
      List<ArchiveName> labelled = withLabel(label, archives);
      int surplus = Math.max(0, labelled.size() - policy.keep(label));
      delete.addAll(labelled.subList(0, surplus));
      List<ArchiveName> kept = labelled.subList(surplus, labelled.size());
      keep.addAll(kept);
      if (kept.size() == policy.keep(label)) {
        for (ArchiveName gone : withLabel(label, described)) {
          if (kept.isEmpty() || gone.compareTo(kept.getFirst()) < 0) {
            leftovers.add(gone);
          }
        }
      }
    }
    return new Rotation(
        new ArrayList<>(keep),
        new ArrayList<>(delete),
        new ArrayList<>(recent),
        new ArrayList<>(future),
        new ArrayList<>(leftovers));
  }

  /** The same, but {@code archive} stays: where it was to go, it is kept on top of the others. */
  Rotation sparing(ArchiveName archive) {
    if (!delete.contains(archive)) {
      return this;
    }
    TreeSet<ArchiveName> kept = new TreeSet<>(keep);
    kept.add(archive);
    List<ArchiveName> deleted = new ArrayList<>(delete);
    deleted.remove(archive);
    return new Rotation(new ArrayList<>(kept), deleted, recent, future, leftovers);
  }

  private static List<ArchiveName> withLabel(Label label, Collection<ArchiveName> sorted) {
    return sorted.stream().filter(name -> name.label() == label).toList();
  }
}
