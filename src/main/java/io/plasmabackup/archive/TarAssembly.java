package io.plasmabackup.archive;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.walk.OpenContent;
import java.nio.ByteBuffer;

/** Stores a segment as it is: files are read to the place from which they are stored. */
final class TarAssembly extends Assembly {

  private ByteBuffer tar = ByteBuffer.allocate(0);

  @Override
  void begin(ByteBuffer stored) {
    tar = stored.clear();
  }

  @Override
  ByteBuffer tar() {
    return tar;
  }

  @Override
  int copy(OpenContent content, long position, int at, int length) throws ErrnoException {
    return read(content, position, at, length);
  }

  @Override
  void end(int length) {
    tar.position(0).limit(length);
  }

  @Override
  public void close() {
    // Has nothing of its own.
  }
}
