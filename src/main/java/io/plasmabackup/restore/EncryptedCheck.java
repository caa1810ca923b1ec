package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.Digests;
import io.plasmabackup.restore.Verification.Identity;
import io.plasmabackup.store.DecryptedStore;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.StoredFile;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What can be known of an encrypted archive without a key: whether its file is, byte for byte, the
 * one that somebody with a key has verified before.
 */
public final class EncryptedCheck {

  private static final int BUFFER_BYTES = 256 * 1024;

  private EncryptedCheck() {}

  /**
   * Reads all of the file.
   *
   * @param archive its file name
   * @return the verification that it was compared with
   * @throws Failure {@link ExitCode#DAMAGED} if the file is another; {@link ExitCode#USAGE} if
   *     there is nothing to compare it with, which then names the file's digest
   */
  public static Verification compare(DecryptedStore store, String archive) throws Failure {
    StoredFile file =
        store.list().stream()
            .filter(listed -> listed.name().equals(archive))
            .findFirst()
            .orElseThrow(() -> deleted(store, archive));
    Optional<Verification> known =
        VerificationRecords.readAny(store, archive)
            .filter(verification -> isOf(verification.archive(), file));
    String sha256 = sha256(store, archive);
    String shown = store.location() + "/" + FileNames.shown(archive);
    Verification verification =
        known.orElseThrow(() ->
            new Failure(
                ExitCode.USAGE,
                shown
                    + " is encrypted, and was not verified with a key since it was written: give"
                    + " --identity FILE, or compare this with what plasma-agent has said: sha256 "
                    + sha256));
    if (!verification.archive().sha256().equals(Optional.of(sha256))) {
      throw new Failure(
          ExitCode.DAMAGED,
          shown
              + " is damaged: its SHA-256 is not the one that it was stored with; rely on another"
              + " archive, and check the disk");
    }
    return verification;
  }

  private static boolean isOf(Identity verified, StoredFile file) {
    Identity now = ArchiveList.identity(file, Optional.empty());
    return verified.sha256().isPresent()
        && verified.name().equals(now.name())
        && verified.size() == now.size()
        && verified.modified().equals(now.modified());
  }

  private static String sha256(DecryptedStore store, String archive) throws Failure {
    MessageDigest sha256 = Digests.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (StoredBytes bytes = store.openStored(archive).orElseThrow(() -> deleted(store, archive));
        InputStream stored = bytes.stream(0)) {
      for (int count = stored.read(buffer); count >= 0; count = stored.read(buffer)) {
        sha256.update(buffer, 0, count);
      }
    } catch (IOException e) {
      throw Failure.behind(e)
          .orElseGet(() -> new Failure(ExitCode.STORAGE, "cannot read " + archive, e));
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static Failure deleted(DecryptedStore store, String archive) {
    return new Failure(
        ExitCode.NOT_FOUND,
        store.location() + "/" + FileNames.shown(archive) + " has just been deleted");
  }
}
