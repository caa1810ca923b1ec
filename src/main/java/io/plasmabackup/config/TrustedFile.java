package io.plasmabackup.config;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;

/** Reads a small file whose author may decide what this process runs. */
final class TrustedFile {

  /** The largest file that is read, in bytes. */
  static final int LIMIT = 1 << 20;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private TrustedFile() {}

  /**
   * All bytes of the file.
   *
   * @param user as whom its commands will run
   * @throws Failure if it can't be read, isn't a regular file, has more than {@link #LIMIT} bytes,
   *     or somebody other than root and {@code user} can have written it
   */
  static byte[] read(Source source, long user) throws Failure {
    Path file = source.file();
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      if (found.isDirectory()) {
        throw source.failure("is a folder; name the file in it");
      }
      // Opening a pipe could wait for ever.
      if (!found.isRegularFile()) {
        throw source.failure("is not a regular file");
      }
      try (FileChannel _ = FileChannel.open(file, StandardOpenOption.READ)) {
        Optional<Path> opened = descriptor(found.fileKey());
        if (opened.isEmpty()) {
          throw source.failure("was replaced while it was opened; try again");
        }
        return read(source, opened.get(), user);
      }
    } catch (NoSuchFileException missing) {
      throw source.failure("no such file; name an existing one with --config");
    } catch (AccessDeniedException denied) {
      throw source.failure("permission denied; run as a user who may read it, e.g. with sudo");
    } catch (FileSystemException refused) {
      throw source.failure(
          "cannot be read: " + Objects.requireNonNullElse(refused.getReason(), "unknown reason"));
    } catch (IOException broken) {
      throw source.failure("cannot be read: " + broken.getMessage());
    }
  }

  private static byte[] read(Source source, Path opened, long user) throws Failure, IOException {
    Ownership ownership =
        new Ownership(
            Integer.toUnsignedLong((int) Files.getAttribute(opened, "unix:uid")),
            (int) Files.getAttribute(opened, "unix:mode"));
    Optional<String> distrust = ownership.distrust(user, source.file().toAbsolutePath().toString());
    if (distrust.isPresent()) {
      throw source.failure(distrust.get());
    }
    try (InputStream in = Files.newInputStream(opened)) {
      byte[] bytes = in.readNBytes(LIMIT + 1);
      if (bytes.length > LIMIT) {
        throw source.failure("is larger than 1 MiB; that can't be a configuration");
      }
      return bytes;
    }
  }

  /**
   * The name under /proc of a descriptor that is open on the file with {@code fileKey}. Java can't
   * ask an open file for its owner, and asking for that of a path can give another file's. Under
   * this name, owner and content are those of one file, whatever happens to its path.
   */
  private static Optional<Path> descriptor(Object fileKey) throws IOException {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path descriptor : descriptors) {
        if (isOn(descriptor, fileKey)) {
          return Optional.of(descriptor);
        }
      }
    } catch (DirectoryIteratorException broken) {
      throw broken.getCause();
    }
    return Optional.empty();
  }

  private static boolean isOn(Path descriptor, Object fileKey) throws IOException {
    try {
      return fileKey.equals(Files.readAttributes(descriptor, BasicFileAttributes.class).fileKey());
    } catch (NoSuchFileException closedMeanwhile) {
      return false;
    }
  }
}
