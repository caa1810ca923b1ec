package io.plasmabackup.store;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** A file being written to a {@link LocalStore}; owns its channel and the partial file. */
final class LocalUpload implements Upload {

  private final FileChannel channel;
  private final Path part;
  private final Path target;
  private final long resumedAt;
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
    try {
      channel.force(true);
      long size = channel.size();
      if (size != position
          || !MessageDigest.isEqual(LocalStore.digest(channel, 0, size), expectedSha256)) {
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
      return Verification.CONTENT;
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
