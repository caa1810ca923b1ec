package io.plasmabackup.extract;

/**
 * What has become of members.
 *
 * @param made members that are new in the folder, or replaced what was there; directories that were
 *     there already are among them
 * @param present files that were there already as the archive has them, by size and time
 * @param kept members whose name was taken, and which were therefore not extracted
 * @param refused members that were not extracted, for what they are
 * @param incomplete things that are not as the archive has them: an owner, an attribute
 * @param bytes of files' data that were written
 */
public record Extracted(
    long made, long present, long kept, long refused, long incomplete, long bytes) {

  /** Whether every member is in the folder as the archive has it. */
  public boolean isComplete() {
    return kept + refused + incomplete == 0;
  }
}
