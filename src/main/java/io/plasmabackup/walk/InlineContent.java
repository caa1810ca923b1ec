package io.plasmabackup.walk;

import io.plasmabackup.btrfs.InlineData;
import io.plasmabackup.linux.ErrnoException;
import java.nio.ByteBuffer;

/**
 * The data of a small file of a snapshot that came with its inode, so that nothing needs to be
 * opened.
 *
 * @param file to be read where the data can't be used
 */
record InlineContent(InlineData data, FileContent file) implements Content {

  @Override
  public OpenContent open() throws ErrnoException, VanishedException {
    byte[] bytes = data.bytes().orElse(null);
    return bytes == null ? file.open() : new Open(bytes);
  }

  @Override
  public boolean isLive() {
    return false;
  }

  @SuppressWarnings("ArrayRecordComponent") // Read by one thread, compared with nothing.
  private record Open(byte[] bytes) implements OpenContent {

    @Override
    public void read(long position, ByteBuffer into) {
      int from = (int) Math.min(position, bytes.length);
      into.put(bytes, from, Math.min(bytes.length - from, into.remaining()));
    }

    @Override
    public boolean hasChanged() {
      return false;
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }
}
