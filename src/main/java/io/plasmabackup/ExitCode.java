package io.plasmabackup;

/**
 * How a command can end. One table for all commands; the README prints it, and a test compares the
 * two.
 *
 * <p>Up to {@link #STORAGE} nothing was published; from {@link #CHANGED_WHILE_READ} to {@link
 * #CLEANUP}, and with {@link #UNEXPLAINED}, a complete archive is stored; with {@link
 * #SOME_TARGETS}, in some of several places.
 */
public enum ExitCode {
  OK(0, "done, nothing to note"),
  INTERNAL(1, "a defect in Plasma itself; please report it"),
  USAGE(2, "wrong command line"),
  CONFIGURATION(3, "a configuration or policy file is missing, unreadable or invalid"),
  REFUSED(
      4,
      "the plan cannot be carried out here: a folder is missing, not on btrfs, or privileges are lacking"),
  BEFORE_HOOK(5, "a command of executeBefore failed; no backup was made"),
  SNAPSHOT(6, "a snapshot could not be made, or subvolumes kept coming and going meanwhile"),
  READ(7, "a file or folder could not be read; no archive was published"),
  CONNECTION(8, "the storage server cannot be reached, is not trusted, or refuses the login"),
  STORAGE(
      9, "the storage cannot be used: folder missing, disk full, no permission, connection lost"),
  CHANGED_WHILE_READ(
      10,
      "the archive is stored, but files changed while they were read (strategy tar, or a filesystem that isn't btrfs)"),
  ROTATION(11, "the archive is stored, but rotation failed"),
  AFTER_HOOK(12, "the archive is stored, but a command of executeAfter failed"),
  CLEANUP(
      13,
      "the archive is stored, but its index or the metrics are not, or a snapshot or tempfile could not be removed"),
  BUSY(14, "another backup of this configuration is running; nothing was done"),
  SUSPENDED(
      15,
      "stopped by a signal in the middle of the upload; snapshots and what is stored are kept, and the next run goes on with them"),
  DAMAGED(16, "an archive or its index is not as it was written"),
  NOT_FOUND(17, "there is no such archive, or what was asked for is not in it"),
  TARGET(
      18,
      "what is extracted cannot be written: folder missing, disk full, no permission; what was written before is complete, and the same command goes on"),
  PARTLY(
      19,
      "extracted, but some members were refused or kept out by what is there, or could not be restored in full; each is named"),
  DIFFERENT(20, "an archive and the folder it was compared with differ; each difference is named"),
  UNEXPLAINED(
      21,
      "the archive is stored, but some of it isn't what an earlier run had read, though nothing says that it was changed since; each place is named"),
  WARNINGS(22, "a check with --strict has warnings; nothing failed"),
  STALE(23, "status: the last run did not end well, or the last backup is older than asked for"),
  SOME_TARGETS(
      24,
      "of several targets, at least one has its archive and at least one has not; each is named"),
  NOT_OFFERED(
      127, "plasma-store as a key's forced command doesn't offer what was asked for over SSH"),
  INTERRUPTED(130, "stopped by a signal; the message says whether the archive was stored");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  /** The process's exit status, 0 to 255. */
  public int number() {
    return number;
  }

  /** One line for the table in the README and in the man pages. */
  public String meaning() {
    return meaning;
  }
}
