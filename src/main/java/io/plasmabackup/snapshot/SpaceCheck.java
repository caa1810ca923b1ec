package io.plasmabackup.snapshot;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FilesystemSpace;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import java.util.List;
import java.util.Locale;

/**
 * Whether a filesystem has room for snapshots. What is deleted or overwritten while there is one
 * stays on the disk: on a filesystem that is nearly full, a backup would keep others from writing.
 */
public final class SpaceCheck {

  /** Below this it is low, however large the filesystem is. */
  private static final long LOW_BYTES = 1L << 30;

  /** On a small filesystem: below this part of its size. */
  private static final int LOW_PART = 50;

  private SpaceCheck() {}

  /**
   * Looks at each filesystem on which snapshots are planned.
   *
   * @throws Failure ({@link ExitCode#SNAPSHOT}) if one is {@linkplain #isLow low} on space, or
   *     cannot be asked
   */
  public static void require(List<SnapshotPlan> plans) throws Failure {
    for (RawPath filesystem : filesystems(plans)) {
      require(filesystem);
    }
  }

  /** A directory on each filesystem on which snapshots are planned. */
  public static List<RawPath> filesystems(List<SnapshotPlan> plans) {
    // A filesystem has one home for all its snapshots.
    return plans.stream().map(plan -> plan.home().parent()).distinct().toList();
  }

  /**
   * Looks at one of the {@link #filesystems}.
   *
   * @return how much room it has
   * @throws Failure as {@link #require(List)}
   */
  public static FilesystemSpace require(RawPath path) throws Failure {
    FilesystemSpace space;
    try (Fd filesystem = Fd.openCanonical(path, Fd.Use.LOCATE)) {
      space = filesystem.filesystemSpace();
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.SNAPSHOT, e.getMessage() + "; no backup was made", e);
    }
    if (isLow(space)) {
      throw new Failure(
          ExitCode.SNAPSHOT,
          "the filesystem of %s has only %s free of %s, and snapshots keep deleted data; make room (btrfs filesystem usage %s); no backup was made"
              .formatted(path, mebibytes(space.freeBytes()), mebibytes(space.totalBytes()), path));
    }
    return space;
  }

  /**
   * Whether the filesystem of {@code file} has so little room that it should have no snapshot of
   * ours: less than 1 GiB, or less than 2 % where that is less.
   */
  public static boolean isLow(Fd file) throws ErrnoException {
    return isLow(file.filesystemSpace());
  }

  static boolean isLow(FilesystemSpace space) {
    return space.freeBytes() < Math.min(LOW_BYTES, space.totalBytes() / LOW_PART);
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
  }
}
