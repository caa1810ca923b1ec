package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A file that is written to a storage folder to see whether that can be done, and removed again.
 * Its name is random, and of the form of partial files: nothing takes it for an archive.
 */
final class StorageProbe {

  private static final Pattern NAME =
      Pattern.compile("\\.?\\.plasma-check-[0-9a-f]{32}(\\.part){1,2}");

  private final Clock clock;

  StorageProbe(Clock clock) {
    this.clock = clock;
  }

  /** Whether a file of that name is one. */
  static boolean isProbe(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * Writes one as an archive's index is written: created exclusively, synced, renamed; and removes
   * it.
   *
   * @return how far the storage's clock is ahead of ours, as far as that is sure: zero where the
   *     difference is less than the time that this took, or the second to which it tells
   */
  Duration clockDifference(Store store) throws Failure {
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    String name = ".plasma-check-" + HexFormat.of().formatHex(random) + ".part";
    Instant before = clock.instant().minusSeconds(1);
    store.replace(name, "plasma-agent check\n".getBytes(StandardCharsets.US_ASCII));
    Instant modified;
    try {
      modified = modified(store, name);
    } catch (Failure failure) {
      try {
        store.delete(name);
      } catch (Failure alsoFailed) {
        failure.addSuppressed(alsoFailed);
      }
      throw failure;
    }
    store.delete(name);
    Instant after = clock.instant();
    if (modified.isBefore(before)) {
      return Duration.between(before, modified);
    }
    return modified.isAfter(after) ? Duration.between(after, modified) : Duration.ZERO;
  }

  private static Instant modified(Store store, String name) throws Failure {
    return store.list().stream()
        .filter(file -> file.name().equals(name))
        .findFirst()
        .map(StoredFile::modified)
        .orElseThrow(() ->
            new Failure(
                ExitCode.STORAGE,
                "what was just written to "
                    + store.location()
                    + " is not listed there; see what removes it"));
  }
}
