package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A file being written to a {@link LocalStore}; owns its channel and the partial file. */
final class LocalUpload implements Upload {

  private static final int READ_BACK = 1 << 20;

  private final FileChannel channel;
  private final Path part;
  private final Path target;
  private long position;
  private boolean published;
  private boolean closed;

  LocalUpload(FileChannel channel, Path part, Path target) {
    this.channel = channel;
    this.part = part;
    this.target = target;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws Failure {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    try {
      while (buffer.hasRemaining()) {
        position += channel.write(buffer);
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
  public Verification publish(byte[] expectedSha256) throws Failure {
    try {
      channel.force(true);
      long size = channel.size();
      if (size != position || !MessageDigest.isEqual(digest(), expectedSha256)) {
        throw new Failure(
            ExitCode.STORAGE,
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

  private byte[] digest() throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
    ByteBuffer buffer = ByteBuffer.allocate(READ_BACK);
    for (long at = 0; ; ) {
      int count = channel.read(buffer.clear(), at);
      if (count < 0) {
        return sha256.digest();
      }
      sha256.update(buffer.flip());
      at += count;
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
      syncFolder();
      return;
    }
    try {
      Files.delete(part);
      syncFolder();
    } catch (IOException e) {
      Files.deleteIfExists(target);
      throw e;
    }
  }

  private void syncFolder() throws IOException {
    Path folder = target.getParent();
    try (FileChannel open = FileChannel.open(folder, StandardOpenOption.READ)) {
      open.force(true);
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
