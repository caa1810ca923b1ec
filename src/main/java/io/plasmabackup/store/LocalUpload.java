package io.plasmabackup.store;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file being written to a {@link LocalStore}; owns its channel and the partial file. */
final class LocalUpload implements Upload {

  /** Of filesystems that share blocks, or a multiple of theirs. */
  private static final int BLOCK = 4096;

  private final FileChannel channel;
  private final Path part;
  private final Path target;
  private final long resumedAt;
  private final Reflinks reflinks;
  private long position;
  private long sent;
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
        int count = channel.write(bytes, position);
        position += count;
        sent += count;
      }
    } catch (IOException e) {
      throw LocalStore.failure("cannot write at byte " + position + " of", part, e);
    }
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public boolean copy(StoredBytes file, long from, long length) throws Failure {
    if (!(file instanceof LocalBytes source)) {
      return false;
    }
    long there = Math.clamp(resumedAt - position, 0, length);
    position += there;
    // Blocks can be shared where both files have whole ones.
    long whole = (length - there) / BLOCK * BLOCK;
    append(source, from + there, whole);
    append(source, from + there + whole, length - there - whole);
    return true;
  }

  private void append(LocalBytes source, long from, long length) throws Failure {
    long copied;
    try {
      copied = source.copyTo(channel.position(position), from, length);
    } catch (ClosedByInterruptException e) {
      throw LocalStore.failure("cannot copy to byte " + position + " of", part, e);
    } catch (IOException e) {
      // Whatever it is: if it is the disk that is full, writing everything will show that.
      throw new SourceLost("cannot copy from an earlier archive: " + e.getMessage());
    }
    if (copied < length) {
      throw new SourceLost("the archive that is copied from has become shorter");
    }
    position += length;
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
    complete(position == 0 ? List.of() : List.of(new Chunk(0, position, expectedSha256)));
    return Verification.CONTENT;
  }

  @Override
  public Verification publish() throws Failure {
    complete(List.of());
    return Verification.SIZE;
  }

  @Override
  public Verification publish(List<Chunk> chunks) throws Failure {
    complete(chunks);
    return Verification.SAMPLES;
  }

  private void complete(List<Chunk> chunks) throws Failure {
    try {
      channel.force(true);
      long size = channel.size();
      boolean same = size == position;
      for (Chunk chunk : chunks) {
        same = same && LocalStore.holds(channel, chunk);
      }
      if (!same) {
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
