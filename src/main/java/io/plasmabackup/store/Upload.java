package io.plasmabackup.store;

import io.plasmabackup.Failure;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A file being written to a store, under a name that doesn't count until {@link #publish}. Written
 * from front to back by one thread.
 *
 * <p>Where the storage is far away, a lost connection is made again and the upload goes on, for as
 * long as the store was told to try; only what the storage had not confirmed is sent again. If the
 * storage no longer has what it confirmed, that is a {@link PartialLost}: the caller may close
 * this, begin another upload and write the stream again.
 */
public interface Upload extends Destination, AutoCloseable {

  /** Appends bytes of an array, likewise. */
  default void write(byte[] bytes, int offset, int length) throws Failure {
    write(ByteBuffer.wrap(bytes, offset, length));
  }

  /**
   * Prepares for ranges of a file to be {@linkplain #copy copied}, if the store has said how it
   * does that. To be called before anything is appended.
   */
  default void prepareCopies(StoredBytes source) throws Failure {}

  /** Bytes appended so far. */
  long position();

  /**
   * Where an upload that was {@linkplain Store#resume resumed} goes on; 0 for a new one. The caller
   * writes the whole stream all the same, from its first byte: what comes before is not stored
   * again, only counted and remembered for the checks.
   */
  long resumedAt();

  /**
   * How many bytes from the start the storage has confirmed: at least {@link #resumedAt}, and never
   * less than before. To be called from the thread that writes. What a server confirmed may still
   * be lost when its power fails before {@link #publish}.
   */
  long acknowledged();

  /**
   * Waits for everything to arrive, makes it durable (fsync where the storage offers it), compares
   * size and content with what was meant, and renames it to its final name, never over an existing
   * one. After that {@link #close} does nothing. On failure nothing has the final name, with one
   * exception, which the message names: the connection was lost while the server renamed.
   *
   * @param expectedSha256 32 bytes: the digest of everything appended
   * @return how thoroughly the stored content was compared
   */
  Verification publish(byte[] expectedSha256) throws Failure;

  /**
   * As {@link #publish(byte[])}, of what has shared blocks, which nobody has read: compares no more
   * than the size.
   */
  default Verification publish() throws Failure {
    throw new IllegalStateException("nothing is shared here");
  }

  /**
   * As {@link #publish(byte[])}, of what has ranges that were {@linkplain #copy copied}: compares
   * the size, these chunks, and samples of what was written.
   */
  default Verification publish(List<Chunk> chunks) throws Failure {
    throw new IllegalStateException("nothing is copied here");
  }

  /**
   * To be called instead of {@link #close}, which then does nothing: leaves the partial file where
   * it is, for {@link Store#resume}. Talks to nobody: works after the connection was lost, and when
   * the thread was interrupted. Does nothing after {@link #publish} or {@link #close}.
   */
  void suspend() throws Failure;

  /**
   * Removes the partial file unless it was published, if need be through a new connection and also
   * when the thread was interrupted. The failure to do so names what was left behind; in a
   * try-with-resources it is suppressed by the failure that came first, and worth telling all the
   * same.
   */
  @Override
  void close() throws Failure;

  /** What was compared with the stored file before it was renamed. */
  enum Verification {
    /** The size, and SHA-256 over all stored bytes, computed where they are stored. */
    CONTENT,
    /**
     * The size, and some ranges that were read back: the server offers no way to compute a digest.
     */
    SAMPLES,
    /** The size: blocks are shared, and the filesystem answers for them by its own checksums. */
    SIZE
  }
}
