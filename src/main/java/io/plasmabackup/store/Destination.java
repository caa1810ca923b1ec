package io.plasmabackup.store;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A file that is written from front to back by one thread. */
public interface Destination {

  /**
   * Appends all that remains in the buffer; may return before it has arrived, and blocks while too
   * much is under way. The buffer is the caller's again when this returns, read to its end.
   */
  void write(ByteBuffer bytes) throws Failure;

  /**
   * Appends a range of another file of the same store, by having it copied where both are stored:
   * nothing of it comes by here. May return before it has been done.
   *
   * @param file stays open until this is published or closed
   * @param from where in it, in bytes
   * @param length at least 1
   * @return false if this store copies nothing: nothing was appended
   * @throws SourceLost now or later if the file isn't there any more as it was, or can't be copied
   */
  default boolean copy(StoredBytes file, long from, long length) throws Failure {
    return false;
  }

  /**
   * Of the bytes that were {@linkplain #copy copied}, those of which blocks are shared with that
   * file, as far as that is known.
   */
  default long clonedBytes() {
    return 0;
  }

  /** Bytes of this that were handed over by this program, for whatever way they take. */
  long sent();

  /**
   * Says what the next bytes are, or will be, so that they can be compared where they are stored:
   * of all of them, from the first on, or of none.
   *
   * @throws PartialLost now or later if that isn't what is stored
   */
  default void expect(Chunk chunk) throws Failure {}

  /**
   * The digest of all that was appended, if it was read where it is stored and is what was
   * {@linkplain #expect expected}. To be asked for once, when there is no more to come.
   */
  default Optional<byte[]> sha256() throws Failure {
    return Optional.empty();
  }

  /**
   * Whether blocks of files on another filesystem, or the same, can be shared with this file. To be
   * asked before anything is appended; costs a few system calls at most.
   *
   * @param directory open, on that filesystem
   */
  default boolean canShareWith(Fd directory) throws Failure {
    return false;
  }

  /**
   * Appends a range of a file by sharing its blocks, which nobody reads.
   *
   * @param file of a filesystem for which {@link #canShareWith} said yes; open for reading
   * @param from where in it: a multiple of 4096, as what was appended so far must be
   * @param length likewise, at least 1
   * @return false if this range can't be shared: nothing was appended
   */
  default boolean share(Fd file, long from, long length) throws Failure {
    return false;
  }
}
