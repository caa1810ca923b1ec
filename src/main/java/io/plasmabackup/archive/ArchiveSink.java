package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Takes an archive's (or an index's) bytes, in order. */
@FunctionalInterface
public interface ArchiveSink {

  /** Takes all that remains in the buffer, which is the caller's again when this returns. */
  void write(ByteBuffer bytes) throws Failure;

  /**
   * Takes a range of the earlier archive by having it copied where it is stored. Only where there
   * is one.
   *
   * @param from where in that archive, in bytes
   * @param length at least 1
   */
  default void copy(long from, long length) throws Failure {
    throw new IllegalStateException("there is no earlier archive");
  }

  /**
   * How many bytes have gone to where the archive is stored.
   *
   * @param written how many have been handed to this
   */
  default long sent(long written) {
    return written;
  }

  /**
   * Says what the next bytes are, or will be, so that they can be compared where they are stored.
   * Of all bytes, in order, unless blocks are shared.
   */
  default void expect(long offset, int length, byte[] sha256) throws Failure {}

  /**
   * The digest of all that was taken, where whoever stores it has read that, and it is what was
   * {@linkplain #expect expected}. To be asked for once, at the end.
   */
  default Optional<byte[]> sha256() throws Failure {
    return Optional.empty();
  }

  /**
   * Takes it that there is no more to come, where that must be known.
   *
   * @return the file that was written, where that isn't what was taken, but has it encrypted
   */
  default Optional<ArchiveSummary.Encrypted> end() throws Failure {
    return Optional.empty();
  }

  /** Of what was {@linkplain #copy copied}, what shares its blocks, as far as that is known. */
  default long clonedBytes() {
    return 0;
  }

  /** Whether {@link #share} is worth a try for the files of a device. Called by several threads. */
  default boolean sharesWith(DeviceNumber device) {
    return false;
  }

  /**
   * Takes a range of a file by sharing its blocks, so that nobody reads them. Only where as many
   * bytes as a multiple of {@link Format#ALIGNMENT} have been taken before.
   *
   * @param file doesn't change any more
   * @param position where in the file: a multiple of {@link Format#ALIGNMENT}
   * @param length likewise, at least 1
   * @return false if these bytes have to be written; then nothing was taken
   */
  default boolean share(Fd file, long position, long length) throws Failure {
    return false;
  }
}
