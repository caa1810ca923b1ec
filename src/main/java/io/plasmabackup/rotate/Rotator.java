package io.plasmabackup.rotate;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.rotate.RotationReport.Deletion;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import java.time.Clock;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Carries a folder's policy out. Deletes oldest first, and each archive before its index, so that a
 * rotation may be stopped anywhere: the next one finishes it. One deletion that fails doesn't keep
 * the others from being done.
 */
public final class Rotator {

  private final Clock clock;

  /**
   * @param clock now, in the time zone of the machine that rotates
   */
  public Rotator(Clock clock) {
    this.clock = clock;
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
    Optional<Policy> policy = PolicyFile.read(store);
    if (policy.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Long> sizes = sizes(store);
    if (!sizes.containsKey(published.fileName())) {
      throw new Failure(
          ExitCode.STORAGE,
          store.location()
              + " doesn't list "
              + published
              + ", which was just stored there; nothing was deleted, look at what is in the folder");
    }
    Rotation rotation = plan(policy.get(), sizes).sparing(published);
    return Optional.of(carryOut(policy.get(), rotation, sizes, store::delete));
  }

  private RotationReport rotate(Store store, Deleter deleter) throws Failure {
    Optional<Policy> policy = PolicyFile.read(store);
    if (policy.isEmpty()) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          PolicyFile.path(store)
              + " is missing; nothing was deleted. Write there how many archives stay, for example "
              + PolicyFile.EXAMPLE);
    }
    Map<String, Long> sizes = sizes(store);
    return carryOut(policy.get(), plan(policy.get(), sizes), sizes, deleter);
  }

  private Rotation plan(Policy policy, Map<String, Long> sizes) {
    return Rotation.plan(policy, sizes.keySet(), LocalDateTime.now(clock));
  }

  private static Map<String, Long> sizes(Store store) throws Failure {
    Map<String, Long> sizes = new HashMap<>();
    for (StoredFile file : store.list()) {
      sizes.put(file.name(), file.size());
    }
    return sizes;
  }

  private static RotationReport carryOut(
      Policy policy, Rotation rotation, Map<String, Long> sizes, Deleter deleter) {
    List<Deletion> deleted = new ArrayList<>();
    List<Failure> failures = new ArrayList<>();
    for (ArchiveName archive : rotation.delete()) {
      if (!delete(archive.fileName(), deleter, failures)) {
        continue;
      }
      long bytes = sizes.getOrDefault(archive.fileName(), 0L);
      Long indexBytes = sizes.get(archive.indexName());
      if (indexBytes != null && delete(archive.indexName(), deleter, failures)) {
        bytes += indexBytes;
      }
      deleted.add(new Deletion(archive.fileName(), bytes));
    }
    for (ArchiveName gone : rotation.leftoverIndexes()) {
      if (delete(gone.indexName(), deleter, failures)) {
        deleted.add(new Deletion(gone.indexName(), sizes.getOrDefault(gone.indexName(), 0L)));
      }
    }
    return new RotationReport(policy, rotation, deleted, failures);
  }

  private static boolean delete(String fileName, Deleter deleter, List<Failure> failures) {
    try {
      deleter.delete(fileName);
      return true;
    } catch (Failure e) {
      failures.add(e);
      return false;
    }
  }

  private interface Deleter {
    void delete(String fileName) throws Failure;
  }
}
