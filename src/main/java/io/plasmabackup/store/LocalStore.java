package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A directory of this machine. The directory itself may be reached through links that the
 * administrator made; inside it no link is followed.
 */
public final class LocalStore implements Store {

  private static final int READ_BACK = 1 << 20;

  private final Path directory;

  private LocalStore(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens an existing directory; makes none.
   *
   * @throws Failure with {@link ExitCode#STORAGE} if there is none, or it may not be read
   */
  public static LocalStore open(Path directory) throws Failure {
    try {
      Path real = directory.toRealPath();
      if (!Files.isDirectory(real)) {
        throw new NotDirectoryException(real.toString());
      }
      return new LocalStore(real);
    } catch (IOException e) {
      throw failure("cannot open the storage folder", directory, e);
    }
  }

  @Override
  public String location() {
    return FileNames.shown(directory.toString());
  }

  @Override
  public String folder() {
    return directory.toString();
  }

  @Override
  public List<StoredFile> list() throws Failure {
    List<StoredFile> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        describe(entry).ifPresent(files::add);
      }
    } catch (IOException e) {
      throw failure("cannot list the storage folder", directory, e);
    } catch (DirectoryIteratorException e) {
      throw failure(
          "cannot list the storage folder", directory, Objects.requireNonNull(e.getCause()));
    }
    return files;
  }

  private static Optional<StoredFile> describe(Path entry) throws IOException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return attributes.isRegularFile()
          ? Optional.of(
              new StoredFile(
                  entry.getFileName().toString(),
                  attributes.size(),
                  attributes.lastModifiedTime().toInstant()))
          : Optional.empty();
    } catch (NoSuchFileException deletedMeanwhile) {
      return Optional.empty();
    }
  }

  @Override
  public Optional<byte[]> read(String name, int limit) throws Failure {
    Path file = directory.resolve(FileNames.requirePlain(name));
    try {
      requireFile(file);
      try (SeekableByteChannel channel =
              Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
          InputStream in = Channels.newInputStream(channel)) {
        byte[] content = in.readNBytes(limit);
        if (in.read() >= 0) {
          throw tooLarge(FileNames.shown(file.toString()), limit);
        }
        return Optional.of(content);
      }
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("cannot read", file, e);
    }
  }

  private static void requireFile(Path file) throws IOException, Failure {
    if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .isRegularFile()) {
      throw new Failure(
          ExitCode.STORAGE, "cannot read " + FileNames.shown(file.toString()) + ": not a file");
    }
  }

  @Override
  public Optional<StoredBytes> open(String name) throws Failure {
    Path file = directory.resolve(FileNames.requirePlain(name));
    try {
      requireFile(file);
      return Optional.of(
          new LocalBytes(
              FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS), file));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("cannot read", file, e);
    }
  }

  @Override
  public Copying copying(StoredBytes source) {
    return Copying.BY_KERNEL;
  }

  /** The failure of {@link Store#read} for a file of more than {@code limit} bytes. */
  public static Failure tooLarge(String shownPath, int limit) {
    return new Failure(
        ExitCode.STORAGE,
        "cannot read " + shownPath + ": it has more than the " + limit + " bytes allowed here");
  }

  @Override
  public Upload begin(String name) throws Failure {
    Path part = directory.resolve(FileNames.part(name));
    try {
      return new LocalUpload(create(part), part, directory.resolve(name), 0);
    } catch (IOException e) {
      throw failure("cannot create", part, e);
    }
  }

  private static FileChannel create(Path part) throws IOException {
    return FileChannel.open(
        part,
        Set.of(
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.READ,
            LinkOption.NOFOLLOW_LINKS),
        PosixFilePermissions.asFileAttribute(
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE)));
  }

  @Override
  public void replace(String name, byte[] content) throws Failure {
    discard(name);
    Path part = directory.resolve(FileNames.part(name));
    try {
      try (FileChannel channel = create(part)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
        Files.move(part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.deleteIfExists(part);
        throw e;
      }
      Folders.sync(directory);
    } catch (IOException e) {
      throw failure("cannot write", directory.resolve(name), e);
    }
  }

  @Override
  public Optional<Upload> resume(String name, List<Chunk> acknowledged) throws Failure {
    Path part = directory.resolve(FileNames.part(name));
    if (!Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      FileChannel channel =
          FileChannel.open(
              part, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      boolean goesOn = false;
      try {
        Optional<Chunk> last = Chunk.lastWithin(acknowledged, channel.size());
        if (last.isEmpty() || !holds(channel, last.get())) {
          return Optional.empty();
        }
        channel.truncate(last.get().end());
        goesOn = true;
        return Optional.of(
            new LocalUpload(channel, part, directory.resolve(name), last.get().end()));
      } finally {
        if (!goesOn) {
          channel.close();
        }
      }
    } catch (NoSuchFileException goneMeanwhile) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("cannot go on with", part, e);
    }
  }

  static boolean holds(FileChannel channel, Chunk chunk) throws IOException {
    return MessageDigest.isEqual(digest(channel, chunk.offset(), chunk.length()), chunk.sha256());
  }

  /** SHA-256 of a range, or of as much of it as there is. */
  static byte[] digest(FileChannel channel, long offset, long length) throws IOException {
    MessageDigest sha256 = Digests.sha256();
    ByteBuffer buffer = ByteBuffer.allocate(READ_BACK);
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int count = channel.read(buffer.clear().limit((int) Math.min(READ_BACK, end - at)), at);
      if (count < 0) {
        break;
      }
      sha256.update(buffer.flip());
      at += count;
    }
    return sha256.digest();
  }

  @Override
  public Instant probe(String name) throws Failure {
    Path part = directory.resolve(FileNames.part(name));
    try (FileChannel channel = create(part)) {
      try {
        channel.write(ByteBuffer.wrap(new byte[1]));
        channel.force(true);
        return Files.getLastModifiedTime(part, LinkOption.NOFOLLOW_LINKS).toInstant();
      } finally {
        Files.delete(part);
      }
    } catch (IOException e) {
      throw failure("cannot write", part, e);
    }
  }

  @Override
  public void discard(String name) throws Failure {
    delete(FileNames.part(name));
  }

  @Override
  public OptionalLong free() throws Failure {
    try {
      return OptionalLong.of(Files.getFileStore(directory).getUsableSpace());
    } catch (IOException e) {
      throw failure("cannot ask how much is free in", directory, e);
    }
  }

  @Override
  public void delete(String name) throws Failure {
    Path file = directory.resolve(FileNames.requirePlain(name));
    try {
      if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileSystemException(file.toString(), null, "it is a directory");
      }
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failure("cannot delete", file, e);
    }
  }

  /** Asks the kernel, which tells of other users' programs to root only. */
  @Override
  public boolean isOpen(String name) {
    return OpenFiles.contain(directory.resolve(FileNames.requirePlain(name)));
  }

  /** Always empty: what a program would do here, the caller does itself. */
  @Override
  public Optional<CommandResult> run(String program, List<String> arguments) {
    return Optional.empty();
  }

  @Override
  public void close() {
    // Holds nothing open between calls.
  }

  /** One line for people: what couldn't be done with which path, why, and what helps. */
  static Failure failure(String action, Path path, IOException cause) {
    String where = action + " " + FileNames.shown(path.toString()) + ": ";
    String why =
        switch (cause) {
          case NoSuchFileException _ ->
              "it does not exist; create the folder on the storage first (mkdir -p)";
          case NotDirectoryException _ -> "it is not a directory";
          case FileAlreadyExistsException _ ->
              path.getFileName() != null && path.getFileName().toString().endsWith(".part")
                  ? "it exists already: another backup is writing it, or one was cut off; if none is"
                      + " running, delete it"
                  : "a file of that name exists already; it was not touched";
          case AccessDeniedException _ -> "permission denied";
          case ErrnoException e -> reason(e.errno().toString(), path);
          case FileSystemException e when e.getReason() != null -> reason(e.getReason(), path);
          default -> reason(String.valueOf(cause.getMessage()), path);
        };
    return new Failure(ExitCode.STORAGE, where + why, cause);
  }

  private static String reason(String system, Path path) {
    String shown = FileNames.shown(system);
    if (!system.toLowerCase(Locale.ROOT).contains("no space left")) {
      return shown;
    }
    try {
      Path folder = path.getParent();
      long free = Files.getFileStore(folder == null ? path : folder).getUsableSpace();
      return "the disk is full: " + free + " bytes free";
    } catch (IOException unknown) {
      return "the disk is full";
    }
  }
}
