package io.plasmabackup.journal;

import java.time.Instant;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param run its id
 * @param exitStatus of the process: 0 to 255
 * @param message what went wrong, a line for people; empty if nothing did
 * @param location of the storage, for people
 * @param stored the archive that it stored; empty if it stored none
 */
public record RunResult(
    String run,
    Instant began,
    Instant ended,
    int exitStatus,
    String message,
    String location,
    Optional<Stored> stored) {

  /**
   * An archive.
   *
   * @param archive its file name
   * @param bytes as it is stored
   * @param tarBytes before compression
   * @param entries in it
   * @param readBytes data of files that were read for it
   * @param sentBytes that were handed to the storage
   */
  public record Stored(
      String archive, long bytes, long tarBytes, long entries, long readBytes, long sentBytes) {}
}
