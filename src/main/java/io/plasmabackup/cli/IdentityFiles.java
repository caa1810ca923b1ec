package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.age.Identity;
import io.plasmabackup.age.UnusableKey;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The private keys that somebody has given, to decrypt archives with. */
final class IdentityFiles {

  private static final int LIMIT = 1 << 20;

  private IdentityFiles() {}

  /**
   * Reads all of them; pipes, too.
   *
   * @throws Failure about the first that can't be used, without anything of it
   */
  static List<Identity> read(List<Path> files) throws Failure {
    List<Identity> identities = new ArrayList<>();
    for (Path file : files) {
      try {
        identities.addAll(Identity.parse(bytes(file)));
      } catch (UnusableKey e) {
        throw failure(file, e.getMessage(), e);
      }
    }
    return identities;
  }

  private static byte[] bytes(Path file) throws Failure {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LIMIT + 1);
      if (bytes.length > LIMIT) {
        throw failure(file, "is larger than 1 MiB, which no private key is", null);
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw failure(file, "doesn't exist", e);
    } catch (AccessDeniedException e) {
      throw failure(file, "may not be read by this user", e);
    } catch (IOException e) {
      throw failure(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static Failure failure(Path file, String why, @Nullable Exception cause) {
    String message = "--identity: " + FileNames.shown(file.toString()) + " " + why;
    return cause == null
        ? new Failure(ExitCode.CONFIGURATION, message)
        : new Failure(ExitCode.CONFIGURATION, message, cause);
  }
}
