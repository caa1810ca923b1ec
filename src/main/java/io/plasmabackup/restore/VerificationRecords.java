package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.Verification.Identity;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What is remembered beside each archive of how it was found to be: docs/format.md. */
public final class VerificationRecords {

  private static final int LONGEST = 64 * 1024;

  private VerificationRecords() {}

  /**
   * What is known of an archive. A record that can't be read, makes no sense, or is of what was
   * there before, is none.
   */
  public static Optional<Verification> read(Store store, Identity archive) throws Failure {
    return readAny(store, archive.name())
        .filter(verification -> verification.archive().equals(archive));
  }

  /** What a record says of whichever archive had that name. */
  static Optional<Verification> readAny(Store store, String archive) throws Failure {
    Optional<byte[]> record;
    try {
      record = store.read(archive + ArchiveName.RECORD_SUFFIX, LONGEST);
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.STORAGE) {
        throw e;
      }
      return Optional.empty();
    }
    return record.flatMap(VerificationJson::read);
  }

  /**
   * Remembers it, unless more is known already. Of a file that isn't called as the agent's archives
   * are, nothing is remembered: nobody would ever delete the record.
   *
   * @return what was known before, and still is; empty if this is what is known now
   */
  public static Optional<Verification> keep(Store store, Verification verification) throws Failure {
    Identity archive = verification.archive();
    if (ArchiveName.parse(archive.name()).isEmpty()) {
      return Optional.empty();
    }
    Optional<Verification> earlier = read(store, archive);
    if (earlier.isPresent() && !verification.supersedes(earlier.get())) {
      return earlier;
    }
    byte[] line = (VerificationJson.write(verification) + "\n").getBytes(StandardCharsets.US_ASCII);
    store.replace(archive.name() + ArchiveName.RECORD_SUFFIX, line);
    return Optional.empty();
  }
}
