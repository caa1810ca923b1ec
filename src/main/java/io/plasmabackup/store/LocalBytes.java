package io.plasmabackup.store;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A file in a {@link LocalStore}. */
final class LocalBytes implements StoredBytes {

  private final FileChannel channel;
  private final Path file;
  private final long size;

  /** The same file; null until somebody wants it. */
  private @Nullable Fd opened;

  /** Takes over {@code channel}. */
  LocalBytes(FileChannel channel, Path file) throws IOException {
    this.channel = channel;
    this.file = file;
    this.size = channel.size();
  }

  /**
   * Appends a range to another file by the kernel, which shares its blocks where the filesystem can
   * and they begin and end alike: copy_file_range(2).
   *
   * @param to its position is moved on
   * @return bytes that were copied; less than {@code length} where this file ends
   */
  long copyTo(FileChannel to, long from, long length) throws IOException {
    long done = 0;
    while (done < length) {
      long count = channel.transferTo(from + done, length - done, to);
      if (count <= 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws Failure {
    ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, position + buffer.position() - offset) < 0) {
          break;
        }
      }
    } catch (IOException e) {
      throw LocalStore.failure("cannot read", file, e);
    }
    return buffer.position() - offset;
  }

  /** The kernel reads ahead of whoever reads from front to back. */
  @Override
  public InputStream stream(long position) {
    return new InputStream() {
      private long at = position;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        try {
          int count = LocalBytes.this.read(at, into, offset, length);
          at += count;
          return count == 0 ? -1 : count;
        } catch (Failure e) {
          throw new IOException(e);
        }
      }

      @Override
      public long skip(long length) {
        long skipped = Math.clamp(size - at, 0, Math.max(length, 0));
        at += skipped;
        return skipped;
      }
    };
  }

  /**
   * {@inheritDoc} Opened when it is asked for: to make the first system call takes Java 60 ms, and
   * few ask.
   */
  @Override
  public Optional<Fd> file() throws Failure {
    Fd same = opened;
    if (same == null) {
      try {
        same = Fd.open(RawPath.of(file.toString()), Fd.Use.READ);
        opened = same;
      } catch (ErrnoException e) {
        throw LocalStore.failure("cannot read", file, e);
      }
    }
    return Optional.of(same);
  }

  @Override
  public void close() throws Failure {
    if (opened != null) {
      opened.close();
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw LocalStore.failure("cannot close", file, e);
    }
  }
}
