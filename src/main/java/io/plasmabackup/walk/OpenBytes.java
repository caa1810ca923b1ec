package io.plasmabackup.walk;

import java.nio.ByteBuffer;

/**
 * A file's data that is in memory.
 *
 * @param bytes read by one thread, and never changed; fewer than the file's entry says if it was
 *     cut while it was read
 * @param hasChanged whether it changed while it was read
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record OpenBytes(byte[] bytes, boolean hasChanged) implements OpenContent {

  @Override
  public void read(long position, ByteBuffer into) {
    int from = (int) Math.min(position, bytes.length);
    into.put(bytes, from, Math.min(bytes.length - from, into.remaining()));
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
