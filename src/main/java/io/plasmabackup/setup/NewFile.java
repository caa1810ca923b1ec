package io.plasmabackup.setup;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/** A file that is there as a whole, or not at all. */
public final class NewFile {

  private NewFile() {}

  /**
   * Refuses to go on if there is something of that name, be it a link to nowhere.
   *
   * @throws Failure ({@link ExitCode#CONFIGURATION})
   */
  public static void requireNone(Path file) throws Failure {
    if (!Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw exists(file);
    }
  }

  /**
   * Writes one.
   *
   * @param permissions as in {@code rw-------}
   * @throws Failure ({@link ExitCode#CONFIGURATION}) if there is something of that name, which is
   *     left as it is, or it can't be written
   */
  public static void write(Path file, byte[] content, String permissions) throws Failure {
    // As a rename, but it fails where the name is taken.
    put(file, content, permissions, part -> Files.createLink(file, part));
  }

  /**
   * Writes one in the place of another.
   *
   * @param permissions as in {@code rw-------}
   * @throws Failure ({@link ExitCode#CONFIGURATION}) if it can't be written
   */
  public static void replace(Path file, byte[] content, String permissions) throws Failure {
    put(file, content, permissions, part -> Files.move(part, file, StandardCopyOption.ATOMIC_MOVE));
  }

  /** How a file that is complete gets its name. */
  private interface Naming {
    Path name(Path part) throws IOException;
  }

  private static void put(Path file, byte[] content, String permissions, Naming naming)
      throws Failure {
    Path part = part(file);
    try {
      try {
        fill(part, content, permissions);
        var _ = naming.name(part);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (FileAlreadyExistsException e) {
      throw exists(file);
    } catch (IOException e) {
      String why =
          e instanceof FileSystemException inFile && inFile.getReason() != null
              ? inFile.getReason()
              : e.toString();
      throw new Failure(ExitCode.CONFIGURATION, "cannot write " + file + ": " + why, e);
    }
  }

  /** A name beside it that nobody can guess. */
  private static Path part(Path file) {
    byte[] random = new byte[8];
    new SecureRandom().nextBytes(random);
    return file.resolveSibling(
        ".%s.%s".formatted(file.getFileName(), HexFormat.of().formatHex(random)));
  }

  private static void fill(Path part, byte[] content, String permissions) throws IOException {
    try (FileChannel open =
        FileChannel.open(
            part,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)))) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        open.write(bytes);
      }
      open.force(true);
    }
  }

  private static Failure exists(Path file) {
    return new Failure(
        ExitCode.CONFIGURATION,
        file + " exists already and is not overwritten: move it away, or choose another name");
  }
}
