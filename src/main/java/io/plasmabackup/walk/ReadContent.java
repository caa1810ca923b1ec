package io.plasmabackup.walk;

import java.nio.ByteBuffer;

/**
 * The data of a small file of a live folder that was read when its entry was made.
 *
 * @param bytes read by one thread, and never changed
 * @param length how many of them the file had; less than its entry says if it was cut meanwhile
 * @param changed whether it changed while it was read
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record ReadContent(byte[] bytes, int length, boolean changed) implements Content, OpenContent {

  @Override
  public OpenContent open() {
    return this;
  }

  @Override
  public boolean isLive() {
    return true;
  }

  @Override
  public void read(long position, ByteBuffer into) {
    int from = (int) Math.min(position, length);
    into.put(bytes, from, Math.min(length - from, into.remaining()));
  }

  @Override
  public boolean hasChanged() {
    return changed;
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
