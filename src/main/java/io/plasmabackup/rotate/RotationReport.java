package io.plasmabackup.rotate;

import io.plasmabackup.Failure;
import java.util.List;

/**
 * What a rotation did to one folder, or, from {@link Rotator#preview}, would do.
 *
 * @param deleted what is gone: archives, then what others left, then partial files, each oldest
 *     first
 * @param failures deletions that failed; the files concerned are still there
 */
public record RotationReport(
    Policy policy, Rotation rotation, List<Deletion> deleted, List<Failure> failures) {

  /**
   * An archive that was deleted with its index and record, one of these whose archive was gone
   * already, or a partial file that an upload had abandoned.
   *
   * @param fileName the archive's name, that of its index or record, or the partial file's
   * @param bytes what the deleted files held, including index and record
   */
  public record Deletion(String fileName, long bytes) {}

  public RotationReport {
    deleted = List.copyOf(deleted);
    failures = List.copyOf(failures);
  }

  /** What all the deleted files held. */
  public long freedBytes() {
    return deleted.stream().mapToLong(Deletion::bytes).sum();
  }
}
