package io.plasmabackup.store;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;

/** A file being written to a {@link LocalStore}; owns its channel and the partial file. */
final class LocalUpload implements Upload {

  private final FileChannel channel;
  private final Path part;
  private final Path target;
  private final long resumedAt;
  private final Reflinks reflinks;
  private long position;
  private boolean published;
  private boolean closed;

  /**
   * @param channel open for reading and writing
   * @param resumedAt how long the file is, 0 for a new one
   */
  LocalUpload(FileChannel channel, Path part, Path target, long resumedAt) {
    this.channel = channel;
    this.part = part;
    this.target = target;
    this.resumedAt = resumedAt;
    this.reflinks = new Reflinks(part, channel);
  }

  @Override
  public void write(ByteBuffer bytes) throws Failure {
    int there = Math.clamp(resumedAt - position, 0, bytes.remaining());
    position += there;
    bytes.position(bytes.position() + there);
    try {
      while (bytes.hasRemaining()) {
        position += channel.write(bytes, position);
      }
    } catch (IOException e) {
      throw LocalStore.failure("cannot write at byte " + position + " of", part, e);
    }
  }

  /** Never with one that was resumed: it isn't empty. */
  @Override
  public boolean canShareWith(Fd directory) throws Failure {
    try {
      return reflinks.canShareWith(directory);
    } catch (IOException e) {
      throw LocalStore.failure("cannot prepare", part, e);
    }
  }

  @Override
  public boolean share(Fd file, long from, long length) throws Failure {
    try {
      boolean shared = reflinks.share(file, from, length, position);
      position += shared ? length : 0;
      return shared;
    } catch (ErrnoException e) {
      throw LocalStore.failure(
          "cannot share blocks of " + file + " at byte " + position + " of",
          part,
          new FileSystemException(part.toString(), null, e.errno().toString()));
    }
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public long resumedAt() {
    return resumedAt;
  }

  @Override
  public long acknowledged() {
    return Math.max(position, resumedAt);
  }

  @Override
  public Verification publish(byte[] expectedSha256) throws Failure {
    publish(Optional.of(expectedSha256));
    return Verification.CONTENT;
  }

  @Override
  public Verification publish() throws Failure {
    publish(Optional.empty());
    return Verification.SIZE;
  }

  private void publish(Optional<byte[]> sha256) throws Failure {
    try {
      channel.force(true);
      long size = channel.size();
      if (size != position
          || (sha256.isPresent()
              && !MessageDigest.isEqual(LocalStore.digest(channel, 0, size), sha256.get()))) {
        throw new PartialLost(
            "what is stored in "
                + FileNames.shown(part.toString())
                + " is not what was written ("
                + size
                + " bytes stored, "
                + position
                + " written): check the disk");
      }
    } catch (IOException e) {
      throw LocalStore.failure("cannot complete", part, e);
    }
    try {
      rename();
      published = true;
    } catch (IOException e) {
      throw LocalStore.failure("cannot publish", target, e);
    }
  }

  /**
   * A hard link fails where the name is taken, which a rename doesn't; without hard links (FAT,
   * some network filesystems) the name is looked at first.
   */
  private void rename() throws IOException {
    try {
      Files.createLink(target, part);
    } catch (FileAlreadyExistsException taken) {
      throw taken;
    } catch (UnsupportedOperationException | FileSystemException noHardLinks) {
      Files.move(part, target);
      Folders.sync(target.resolveSibling(""));
      return;
    }
    try {
      Files.delete(part);
      Folders.sync(target.resolveSibling(""));
    } catch (IOException e) {
      Files.deleteIfExists(target);
      throw e;
    }
  }

  @Override
  public void suspend() throws Failure {
    if (closed) {
      return;
    }
    closed = true;
    reflinks.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw LocalStore.failure("cannot close the incomplete", part, e);
    }
  }

  @Override
  public void close() throws Failure {
    if (closed) {
      return;
    }
    closed = true;
    reflinks.close();
    try {
      channel.close();
      if (!published) {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw LocalStore.failure("cannot remove the incomplete", part, e);
    }
  }
}
