package io.plasmabackup.restore;

import io.plasmabackup.archive.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Passes bytes on, and has another thread compute their SHA-256 meanwhile. Closing it ends the
 * thread, and doesn't close the stream that the bytes are of.
 */
final class DigestingStream extends InputStream {

  private static final int BLOCK_BYTES = 1 << 20;
  private static final int BLOCKS = 4;

  /** Has the bytes' end; the last block of all is empty. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Block(byte[] bytes, int length) {}

  private final InputStream in;
  private final MessageDigest sha256 = Digests.sha256();
  private final BlockingQueue<Block> full = new ArrayBlockingQueue<>(BLOCKS);
  private final BlockingQueue<byte[]> spare = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final Thread digester;
  private byte[] current = new byte[BLOCK_BYTES];
  private int filled;
  private long count;

  /** Bytes that the digest is of; of the other thread until that has ended. */
  private long digested;

  DigestingStream(InputStream in) {
    this.in = in;
    for (int i = 0; i < BLOCKS; i++) {
      spare.add(new byte[BLOCK_BYTES]);
    }
    digester = Thread.ofPlatform().daemon().name("plasma-digest").start(this::digest);
  }

  private void digest() {
    try {
      for (Block block = full.take(); block.length() > 0; block = full.take()) {
        sha256.update(block.bytes(), 0, block.length());
        digested += block.length();
        spare.put(block.bytes());
      }
    } catch (InterruptedException e) {
      // Closed before the end: nobody asks for the digest.
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int read = in.read(into, offset, length);
    for (int done = 0; done < read; ) {
      int part = Math.min(read - done, BLOCK_BYTES - filled);
      System.arraycopy(into, offset + done, current, filled, part);
      filled += part;
      done += part;
      if (filled == BLOCK_BYTES) {
        handOver();
      }
    }
    count += Math.max(read, 0);
    return read;
  }

  private void handOver() throws IOException {
    try {
      full.put(new Block(current, filled));
      current = spare.take();
      filled = 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while digesting");
    }
  }

  /** Bytes that were read so far. */
  long count() {
    return count;
  }

  /** Reads all that is left, and returns the SHA-256 of everything. */
  byte[] finish() throws IOException {
    byte[] rest = new byte[BLOCK_BYTES];
    int read;
    do {
      read = read(rest, 0, rest.length);
    } while (read >= 0);
    try {
      if (filled > 0) {
        handOver();
      }
      full.put(new Block(current, 0));
      digester.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while digesting");
    }
    if (digested != count) {
      // Whatever has ended the thread: a digest of less would pass for damage.
      throw new IllegalStateException("digested are %d of %d bytes".formatted(digested, count));
    }
    return sha256.digest();
  }

  @Override
  public void close() {
    digester.interrupt();
  }
}
