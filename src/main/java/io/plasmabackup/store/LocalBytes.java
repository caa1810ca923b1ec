package io.plasmabackup.store;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/** A file in a {@link LocalStore}. */
final class LocalBytes implements StoredBytes {

  private final Fd file;
  private final Path path;
  private final long size;

  /** Takes over {@code file}, of {@code size} bytes. */
  LocalBytes(Fd file, Path path, long size) {
    this.file = file;
    this.path = path;
    this.size = size;
  }

  @Override
  public Optional<Fd> file() {
    return Optional.of(file);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws Failure {
    try {
      return file.read(position, into, offset, length);
    } catch (ErrnoException e) {
      throw LocalStore.failure("cannot read", path, e);
    }
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

  @Override
  public void close() {
    file.close();
  }
}
