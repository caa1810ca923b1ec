package io.plasmabackup.rotate;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.rotate.RotationReport.Deletion;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Carries a folder's policy out, and removes partial files that were abandoned. Deletes oldest
 * first, and each archive before its index and record, so that a rotation may be stopped anywhere:
 * the next one finishes it. One deletion that fails doesn't keep the others from being done.
 */
public final class Rotator {

  private final Clock clock;
  private final Duration minimumAge;

  /**
   * @param clock now, in the time zone of the machine that rotates
   */
  public Rotator(Clock clock) {
    this(clock, Duration.ZERO);
  }

  /**
   * @param clock likewise
   * @param minimumAge what archives that go must have where the policy says nothing about that
   */
  public Rotator(Clock clock, Duration minimumAge) {
    this.clock = clock;
    this.minimumAge = minimumAge;
  }

  /**
   * Deletes what the folder's policy no longer keeps.
   *
   * @throws Failure before anything is deleted: {@link ExitCode#CONFIGURATION} where the policy is
   *     missing or malformed; as the store's where it cannot be read
   */
  public RotationReport rotate(Store store) throws Failure {
    return rotate(store, store::delete);
  }

  /** What {@link #rotate} would do; deletes nothing. */
  public RotationReport preview(Store store) throws Failure {
    return rotate(store, fileName -> {});
  }

  /**
   * As {@link #rotate}, at the end of a backup. Never deletes {@code published} itself, whatever
   * the policy says: the next run may.
   *
   * @return empty where the folder has no policy; it is left alone then
   * @throws Failure before anything is deleted, also ({@link ExitCode#STORAGE}) where the folder
   *     doesn't list {@code published}: then it isn't the folder that we think it is
   */
  public Optional<RotationReport> rotateAfter(ArchiveName published, Store store) throws Failure {
    Optional<Policy> policy = policy(store);
    if (policy.isEmpty()) {
      return Optional.empty();
    }
    Map<String, StoredFile> files = files(store);
    if (!files.containsKey(published.fileName())) {
      throw new Failure(
          ExitCode.STORAGE,
          store.location()
              + " doesn't list "
              + published
              + ", which was just stored there; nothing was deleted, look at what is in the folder");
    }
    Rotation rotation = plan(policy.get(), files).sparing(published);
    return Optional.of(
        new Run(store, files, store::delete).carryOut(policy.get(), rotation, clock.instant()));
  }

  private RotationReport rotate(Store store, Deleter deleter) throws Failure {
    Optional<Policy> policy = policy(store);
    if (policy.isEmpty()) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          PolicyFile.path(store)
              + " is missing; nothing was deleted. Write there how many archives stay, for example "
              + PolicyFile.EXAMPLE);
    }
    Map<String, StoredFile> files = files(store);
    return new Run(store, files, deleter)
        .carryOut(policy.get(), plan(policy.get(), files), clock.instant());
  }

  private Optional<Policy> policy(Store store) throws Failure {
    return PolicyFile.read(store)
        .map(policy -> minimumAge.isZero() ? policy : policy.orMinimumAge(minimumAge));
  }

  /** An archive is as old as its last change: its name is what whoever stored it chose. */
  private Rotation plan(Policy policy, Map<String, StoredFile> files) {
    Optional<Instant> oldEnough =
        policy.minimumAge().filter(age -> !age.isZero()).map(clock.instant()::minus);
    return Rotation.plan(
        policy,
        files.keySet(),
        LocalDateTime.now(clock),
        name -> oldEnough.isPresent() && isAfter(files.get(name.fileName()), oldEnough.get()));
  }

  private static boolean isAfter(@Nullable StoredFile file, Instant time) {
    return file != null && file.modified().isAfter(time);
  }

  private static Map<String, StoredFile> files(Store store) throws Failure {
    Map<String, StoredFile> files = new HashMap<>();
    for (StoredFile file : store.list()) {
      files.put(file.name(), file);
    }
    return files;
  }

  private interface Deleter {
    void delete(String fileName) throws Failure;
  }

  /** One folder being rotated. */
  private static final class Run {

    private final Store store;
    private final Map<String, StoredFile> files;
    private final Deleter deleter;
    private final List<Deletion> deleted = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();

    /**
     * Prepares it.
     *
     * @param files what was in the folder when it was decided what to delete
     */
    Run(Store store, Map<String, StoredFile> files, Deleter deleter) {
      this.store = store;
      this.files = files;
      this.deleter = deleter;
    }

    RotationReport carryOut(Policy policy, Rotation rotation, Instant now) throws Failure {
      List<ArchiveName> leftovers = withoutArchive(rotation.leftovers());
      rotation.delete().forEach(this::deleteArchive);
      leftovers.forEach(this::deleteLeftovers);
      AbandonedParts.among(files.values(), now).values().forEach(this::deleteParts);
      return new RotationReport(policy, rotation, deleted, failures);
    }

    /**
     * Looks again for the archives of indexes: one that was published during the first listing may
     * be missing from it while its index, which came later, is there. In the second it cannot.
     */
    private List<ArchiveName> withoutArchive(List<ArchiveName> leftovers) throws Failure {
      if (leftovers.isEmpty()) {
        return leftovers;
      }
      Set<String> current = files(store).keySet();
      return leftovers.stream().filter(archive -> !current.contains(archive.fileName())).toList();
    }

    private void deleteArchive(ArchiveName archive) {
      if (!delete(archive.fileName())) {
        return;
      }
      long bytes = size(archive.fileName());
      for (String beside : beside(archive)) {
        bytes += delete(beside) ? size(beside) : 0;
      }
      deleted.add(new Deletion(archive.fileName(), bytes));
    }

    private void deleteLeftovers(ArchiveName archive) {
      for (String beside : beside(archive)) {
        if (delete(beside)) {
          deleted.add(new Deletion(beside, size(beside)));
        }
      }
    }

    /** What there is besides the archive itself. */
    private List<String> beside(ArchiveName archive) {
      return Stream.of(archive.indexName(), archive.recordName())
          .filter(files::containsKey)
          .toList();
    }

    /** Those of one archive, unless a program has one of them open. */
    private void deleteParts(List<StoredFile> parts) {
      if (parts.stream().anyMatch(part -> store.isOpen(part.name()))) {
        return;
      }
      for (StoredFile part : parts) {
        if (delete(part.name())) {
          deleted.add(new Deletion(part.name(), part.size()));
        }
      }
    }

    private long size(String fileName) {
      StoredFile file = files.get(fileName);
      return file == null ? 0 : file.size();
    }

    private boolean delete(String fileName) {
      try {
        deleter.delete(fileName);
        return true;
      } catch (Failure e) {
        failures.add(e);
        return false;
      }
    }
  }
}
