package io.plasmabackup.age;

import java.nio.ByteBuffer;

/** Content, piece by piece → an age file, piece by piece. Used by one thread. */
public final class Encryptor {

  private final ChunkCipher cipher;
  private final byte[] content = new byte[Payload.CHUNK];
  private int filled;
  private long chunk;
  private final byte[] encrypted;
  private int ready;
  private boolean ended;

  /**
   * Begins a file.
   *
   * @param key made for this file, or, if the very same content is encrypted once more, what that
   *     was encrypted with
   * @param capacity bytes that are handed out at once, at least {@link PayloadKey#LONGEST_HEADER}
   *     plus {@link Payload#STORED_CHUNK}
   */
  public Encryptor(PayloadKey key, int capacity) {
    this.cipher = key.cipher();
    this.encrypted = new byte[capacity];
    byte[] header = key.header();
    System.arraycopy(header, 0, encrypted, 0, header.length);
    this.ready = header.length;
  }

  /**
   * Takes as much content as there is room for.
   *
   * @return false if that wasn't all: what is {@link #ready} must be {@linkplain #take taken} first
   */
  public boolean add(ByteBuffer bytes) {
    if (ended) {
      throw new IllegalStateException("ended already");
    }
    while (bytes.hasRemaining()) {
      if (filled == content.length) {
        // There is more, so it isn't the last.
        if (!hasRoom()) {
          return false;
        }
        encrypt(false);
      }
      int count = Math.min(bytes.remaining(), content.length - filled);
      bytes.get(content, filled, count);
      filled += count;
    }
    return true;
  }

  private boolean hasRoom() {
    return encrypted.length - ready >= Payload.STORED_CHUNK;
  }

  private void encrypt(boolean last) {
    ready += cipher.encrypt(chunk, last, content, filled, encrypted, ready);
    chunk++;
    filled = 0;
  }

  /**
   * Ends the content.
   *
   * @return false if there is no room: what is ready must be taken first, and this be tried again
   */
  public boolean end() {
    if (ended) {
      throw new IllegalStateException("ended already");
    }
    if (!hasRoom()) {
      return false;
    }
    encrypt(true);
    ended = true;
    return true;
  }

  /** What is ready of the file; valid until more is added. After this there is nothing ready. */
  public ByteBuffer take() {
    ByteBuffer taken = ByteBuffer.wrap(encrypted, 0, ready).slice();
    ready = 0;
    return taken;
  }
}
