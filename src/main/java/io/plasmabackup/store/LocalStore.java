package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A local directory. It is opened once, and everything happens relative to that open directory, so
 * that whoever exchanges a parent folder for a link meanwhile leads us nowhere. Links inside are
 * never followed.
 *
 * <p>Reading and deleting only; {@link #begin} and {@link #run} are not offered.
 */
public final class LocalStore implements Store {

  private final Path directory;
  private final SecureDirectoryStream<Path> entries;

  private LocalStore(Path directory, SecureDirectoryStream<Path> entries) {
    this.directory = directory;
    this.entries = entries;
  }

  /** Opens an existing directory; {@code directory} itself may be reached through links. */
  @SuppressWarnings("StreamResourceLeak") // The store owns the stream; close() closes it.
  public static LocalStore open(Path directory) throws Failure {
    DirectoryStream<Path> stream;
    try {
      stream = Files.newDirectoryStream(directory);
    } catch (IOException e) {
      throw failure("cannot open the folder " + directory, e);
    }
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return new LocalStore(directory, secure);
    }
    throw new IllegalStateException("this Java offers no directory streams safe against races");
  }

  @Override
  public String location() {
    return directory.toString();
  }

  @Override
  public String folder() {
    return directory.toString();
  }

  @Override
  public List<StoredFile> list() throws Failure {
    List<StoredFile> files = new ArrayList<>();
    // An open stream is read once, so each listing has its own.
    try (SecureDirectoryStream<Path> listing =
        entries.newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
      for (Path entry : listing) {
        Path name = entry.getFileName();
        Optional<BasicFileAttributes> attributes = attributes(name);
        if (attributes.isPresent() && attributes.get().isRegularFile()) {
          files.add(
              new StoredFile(
                  name.toString(),
                  attributes.get().size(),
                  attributes.get().lastModifiedTime().toInstant()));
        }
      }
    } catch (IOException e) {
      throw failure("cannot list the folder " + directory, e);
    } catch (DirectoryIteratorException e) {
      throw failure("cannot list the folder " + directory, Objects.requireNonNull(e.getCause()));
    }
    return files;
  }

  @Override
  public Optional<byte[]> read(String name, int limit) throws Failure {
    Path file = plain(name);
    try {
      Optional<BasicFileAttributes> attributes = attributes(file);
      if (attributes.isEmpty()) {
        return Optional.empty();
      }
      // Asked before opening, because opening a fifo would wait for its writer.
      if (!attributes.get().isRegularFile()) {
        throw new Failure(
            ExitCode.STORAGE,
            directory.resolve(file)
                + " is not a regular file, and links are not followed; put a file in its place");
      }
      byte[] content;
      try (InputStream in =
          Channels.newInputStream(
              entries.newByteChannel(
                  file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))) {
        content = in.readNBytes(limit + 1);
      }
      if (content.length > limit) {
        throw new Failure(
            ExitCode.STORAGE,
            directory.resolve(file) + " has more than the " + limit + " bytes it may have");
      }
      return Optional.of(content);
    } catch (IOException e) {
      throw failure("cannot read " + directory.resolve(file), e);
    }
  }

  @Override
  public void delete(String name) throws Failure {
    Path file = plain(name);
    try {
      entries.deleteFile(file);
    } catch (NoSuchFileException alreadyGone) {
      return;
    } catch (IOException e) {
      throw failure("cannot delete " + directory.resolve(file), e);
    }
  }

  @Override
  public Upload begin(String name) {
    throw new UnsupportedOperationException("writing to a local directory");
  }

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments) {
    throw new UnsupportedOperationException("running programs next to a local directory");
  }

  @Override
  public void close() throws Failure {
    try {
      entries.close();
    } catch (IOException e) {
      throw failure("cannot close the folder " + directory, e);
    }
  }

  private Optional<BasicFileAttributes> attributes(Path name) throws IOException {
    try {
      return Optional.of(
          entries
              .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
              .readAttributes());
    } catch (NoSuchFileException notThere) {
      return Optional.empty();
    }
  }

  private static Path plain(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("not a plain file name: " + name);
    }
    return Path.of(name);
  }

  private static Failure failure(String what, IOException e) {
    String reason =
        switch (e) {
          case NoSuchFileException missing -> "it doesn't exist";
          case NotDirectoryException notOne -> "it is not a folder";
          case FileSystemException system when system.getReason() != null -> system.getReason();
          default -> e.toString();
        };
    return new Failure(ExitCode.STORAGE, what + ": " + reason, e);
  }
}
