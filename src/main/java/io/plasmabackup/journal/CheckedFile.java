package io.plasmabackup.journal;

import io.plasmabackup.store.Folders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * A small file that is replaced as a whole or not at all, and of which there are two copies, each
 * with a checksum: after a power cut it has its former or its new content, and one damaged copy
 * does no harm.
 */
final class CheckedFile {

  /** Far more than the largest machine's record needs. */
  private static final long LIMIT = 256L << 20;

  private final Path directory;
  private final String name;

  CheckedFile(Path directory, String name) {
    this.directory = directory;
    this.name = name;
  }

  /** Replaces the content; it is on disk when this returns. */
  void write(byte[] content) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + content.length).putLong(checksum(content)).put(content);
    for (Path copy : copies()) {
      Path temporary = directory.resolve(copy.getFileName() + ".new");
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
        bytes.rewind();
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      move(temporary, copy);
      Folders.sync(directory);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("files cannot be replaced on that filesystem", e);
    }
  }

  private Path[] copies() {
    return new Path[] {directory.resolve(name), directory.resolve(name + ".copy")};
  }

  /** The content, from whichever copy is as it was written; empty if neither is. */
  Optional<byte[]> read() throws IOException {
    for (Path copy : copies()) {
      Optional<byte[]> content = read(copy);
      if (content.isPresent()) {
        return content;
      }
    }
    return Optional.empty();
  }

  /** Removes the file; that it isn't there is no failure. */
  void delete() throws IOException {
    for (Path copy : copies()) {
      Files.deleteIfExists(directory.resolve(copy.getFileName() + ".new"));
      Files.deleteIfExists(copy);
    }
    Folders.sync(directory);
  }

  /** Whether it was ever written. */
  boolean exists() {
    return Arrays.stream(copies()).anyMatch(Files::exists);
  }

  private static Optional<byte[]> read(Path copy) throws IOException {
    byte[] bytes;
    try {
      if (Files.size(copy) > LIMIT) {
        return Optional.empty();
      }
      bytes = Files.readAllBytes(copy);
    } catch (NoSuchFileException missing) {
      return Optional.empty();
    }
    if (bytes.length < Long.BYTES) {
      return Optional.empty();
    }
    byte[] content = Arrays.copyOfRange(bytes, Long.BYTES, bytes.length);
    return ByteBuffer.wrap(bytes).getLong() == checksum(content)
        ? Optional.of(content)
        : Optional.empty();
  }

  private static long checksum(byte[] content) {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    return checksum.getValue();
  }
}
