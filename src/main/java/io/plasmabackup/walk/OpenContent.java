package io.plasmabackup.walk;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** A file's data, open for reading. Has one owner, who closes it. */
public interface OpenContent extends AutoCloseable {

  /**
   * Reads from {@code position} on until the buffer is full or the file ends.
   *
   * @param into direct; its position is moved on by what was read
   */
  void read(long position, ByteBuffer into) throws ErrnoException;

  /**
   * The frames that lie within a range of the file, in their order: where it is kept compressed, is
   * not live, and we may see how. None is a right answer anywhere.
   */
  default List<StoredFrame> storedFrames(long position, int length) throws ErrnoException {
    return List.of();
  }

  /**
   * Reads a frame as it is stored, checked against the filesystem's checksums.
   *
   * @param into direct, with room for 128 KiB; its position is moved on past the frame and up to
   *     4095 bytes after it that mean nothing
   * @return false if it isn't one that holds exactly the bytes of that range; what is in the buffer
   *     then means nothing
   */
  default boolean readStored(StoredFrame frame, ByteBuffer into) throws ErrnoException {
    return false;
  }

  /**
   * The open file itself, where what is in it cannot change any more, so that its blocks may be
   * shared. It stays this object's.
   */
  default Optional<Fd> frozen() {
    return Optional.empty();
  }

  /** Whether the file's size or times are not any more what they were when its entry was made. */
  boolean hasChanged() throws ErrnoException;

  @Override
  void close();
}
