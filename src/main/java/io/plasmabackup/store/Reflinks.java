package io.plasmabackup.store;

import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A new file's second descriptor, by which blocks of other files come to be shared with it: {@link
 * FileChannel} cannot do that, nor tell its own descriptor. Not thread-safe.
 */
final class Reflinks implements AutoCloseable {

  private static final int PROOF_BYTES = 32;

  /** How the kernel says that just this range, or this file, can't be shared. */
  private static final Set<Errno> NOT_THIS_RANGE =
      Set.of(Errno.EINVAL, Errno.ETXTBSY, Errno.EXDEV, Errno.EOPNOTSUPP);

  private final Path path;
  private final FileChannel channel;
  private @Nullable Fd file;

  /**
   * @param channel of the file at {@code path}, open for reading and writing; stays the caller's
   */
  Reflinks(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Whether the file is on the same filesystem, and that knows how to share.
   *
   * @param directory open, on the other files' filesystem
   */
  boolean canShareWith(Fd directory) throws IOException {
    Fd opened = file;
    if (opened == null) {
      opened = open();
    }
    if (opened == null) {
      return false;
    }
    try {
      opened.share(directory, 0, 1, 0);
      return false;
    } catch (ErrnoException e) {
      // A directory's blocks can't be shared, but before that the kernel looks at its filesystem.
      return e.is(Errno.EISDIR);
    }
  }

  /** Null if it can't be had: then nothing is shared, and that is all. */
  private @Nullable Fd open() throws IOException {
    if (channel.size() > 0) {
      return null;
    }
    Fd opened;
    try {
      opened = Fd.open(RawPath.of(path.toString()), Fd.Use.CHANGE);
    } catch (ErrnoException unusual) {
      return null;
    }
    try {
      // What is written in place has no checksums, and shares no blocks with what has.
      if (!opened.isNoCopyOnWrite() && isOurs(opened)) {
        file = opened;
      }
      return file;
    } finally {
      if (file == null) {
        opened.close();
      }
    }
  }

  /** In a folder where others may write, another file could have the path by now. */
  private boolean isOurs(Fd opened) throws IOException {
    byte[] proof = new byte[PROOF_BYTES];
    new SecureRandom().nextBytes(proof);
    ByteBuffer left = ByteBuffer.wrap(proof);
    while (left.hasRemaining()) {
      channel.write(left, left.position());
    }
    byte[] found = new byte[PROOF_BYTES];
    int count = opened.read(0, found, 0, PROOF_BYTES);
    channel.truncate(0);
    return count == PROOF_BYTES && Arrays.equals(proof, found);
  }

  /**
   * Shares a range, to be asked for only if {@link #canShareWith} said yes.
   *
   * @param at where in the file; it may grow
   * @return false if this range can't be shared
   */
  boolean share(Fd source, long from, long length, long at) throws ErrnoException {
    Fd opened = file;
    if (opened == null) {
      return false;
    }
    try {
      opened.share(source, from, length, at);
      return true;
    } catch (ErrnoException e) {
      if (NOT_THIS_RANGE.contains(e.errno())) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
