package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A local file in which an archive is completed before it is uploaded. Its folder may be one that
 * everybody can write to: the file is made exclusively, with mode 0600 from the start, never
 * through a link, and is afterwards used through the open descriptor only.
 */
public final class Tempfile implements Destination, AutoCloseable {

  private static final int CHUNK = 1024 * 1024;

  private final Path path;
  private final FileChannel channel;
  private final Reflinks reflinks;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
  private long position;
  private long sent;

  private Tempfile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
    this.reflinks = new Reflinks(path, channel);
  }

  /**
   * Creates it; the caller closes it.
   *
   * @throws Failure ({@link ExitCode#REFUSED}) if something has that name already
   */
  public static Tempfile create(Path path) throws Failure {
    try {
      return new Tempfile(
          path,
          FileChannel.open(
              path,
              Set.of(
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
    } catch (FileAlreadyExistsException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "the tempfile "
              + path
              + " exists already, from a run that was cut off, or somebody else's: remove it, or choose another"
              + " \"tempfile\" in a folder that only root can write to",
          e);
    } catch (NoSuchFileException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "the tempfile "
              + path
              + " cannot be made: its folder doesn't exist; create that, or choose another",
          e);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED, "the tempfile " + path + " cannot be made: " + reason(e), e);
    }
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public void write(ByteBuffer bytes) throws Failure {
    try {
      while (bytes.hasRemaining()) {
        int count = channel.write(bytes, position);
        position += count;
        sent += count;
      }
    } catch (IOException e) {
      throw cannotWrite(reason(e), e);
    }
  }

  private Failure cannotWrite(String why, IOException cause) {
    return new Failure(
        ExitCode.STORAGE,
        "cannot write the tempfile "
            + path
            + ": "
            + why
            + "; make room there, choose another \"tempfile\", or leave that key out to stream",
        cause);
  }

  @Override
  public boolean canShareWith(Fd directory) throws Failure {
    try {
      return reflinks.canShareWith(directory);
    } catch (IOException e) {
      throw cannotWrite(reason(e), e);
    }
  }

  @Override
  public boolean share(Fd file, long from, long length) throws Failure {
    try {
      boolean shared = reflinks.share(file, from, length, position);
      position += shared ? length : 0;
      return shared;
    } catch (ErrnoException e) {
      throw cannotWrite(e.errno().toString(), e);
    }
  }

  /** Reads it from its start; good for as long as this is open. */
  public InputStream read() throws Failure {
    try {
      return Channels.newInputStream(channel.position(0));
    } catch (IOException e) {
      throw cannotRead(reason(e), e);
    }
  }

  private Failure cannotRead(String why, IOException cause) {
    return new Failure(ExitCode.READ, "cannot read the tempfile " + path + " back: " + why, cause);
  }

  /** How many bytes were appended so far. */
  public long size() {
    return position;
  }

  /**
   * Appends a range of it to {@code upload}.
   *
   * @param seen gets each piece of it first
   */
  public void copyTo(Upload upload, long from, long to, Consumer<ByteBuffer> seen) throws Failure {
    for (long at = from; at < to; ) {
      int count;
      try {
        count = channel.read(chunk.clear().limit((int) Math.min(CHUNK, to - at)), at);
      } catch (IOException e) {
        throw cannotRead(reason(e), e);
      }
      if (count < 0) {
        throw cannotRead("it ends at byte " + at, new EOFException());
      }
      seen.accept(chunk.flip().duplicate());
      upload.write(chunk);
      at += count;
    }
  }

  /**
   * What no other file has had at this path, whenever it was made: to be kept for {@link
   * #removeLeft}.
   */
  public String identity() throws Failure {
    try {
      return identity(path);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.STORAGE, "cannot look at the tempfile " + path + ": " + reason(e), e);
    }
  }

  /** The device's number is no part of it: that may be another one after a restart. */
  private static String identity(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(
            path, "unix:ino,creationTime,isRegularFile", LinkOption.NOFOLLOW_LINKS);
    return Boolean.TRUE.equals(attributes.get("isRegularFile"))
        ? attributes.get("ino") + "@" + attributes.get("creationTime")
        : "no file";
  }

  /**
   * Removes a tempfile that a run has left which was cut off. Whatever else has that name by now is
   * left alone.
   *
   * @param identity as that run's {@link #identity} was; or empty if it was cut off when it was
   *     about to make the file, which then holds nothing yet
   */
  public static void removeLeft(Path path, Optional<String> identity) throws Failure {
    try {
      if (identity.isPresent() ? identity(path).equals(identity.get()) : isEmptyFile(path)) {
        Files.delete(path);
      }
      Folders.sync(path.resolveSibling(""));
    } catch (NoSuchFileException gone) {
      // Then there is nothing to remove.
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CLEANUP, "cannot remove the tempfile " + path + ": " + reason(e), e);
    }
  }

  private static boolean isEmptyFile(Path path) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return attributes.isRegularFile() && attributes.size() == 0;
  }

  public Path path() {
    return path;
  }

  /** Removes it; that is on disk when this returns. */
  @Override
  public void close() throws Failure {
    try {
      reflinks.close();
      channel.close();
      Files.deleteIfExists(path);
      Folders.sync(path.resolveSibling(""));
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CLEANUP, "cannot remove the tempfile " + path + ": " + reason(e), e);
    }
  }

  /** The reason alone where the message begins with the path. */
  private static String reason(IOException e) {
    if (e instanceof FileSystemException inFile && inFile.getReason() != null) {
      return inFile.getReason();
    }
    return e.getMessage() != null ? e.getMessage() : e.toString();
  }
}
