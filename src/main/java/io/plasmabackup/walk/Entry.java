package io.plasmabackup.walk;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.RawPath;
import java.util.List;

/**
 * Something to be archived.
 *
 * @param name where it is, without the leading slash; empty for the root directory itself
 * @param id of the file, for the index
 */
public record Entry(RawPath name, Metadata metadata, Kind kind, FileId id) implements Item {

  /** What sort of file it is, with what only that sort has. */
  public sealed interface Kind {

    /**
     * A file with data.
     *
     * @param size bytes, as seen when the entry was made
     * @param extents where there is data, in ascending order and not touching; the rest is holes,
     *     which read as zeros
     */
    record RegularFile(long size, List<Extent> extents, Content content) implements Kind {
      public RegularFile {
        extents = List.copyOf(extents);
      }

      /** Whether there are holes. */
      public boolean isSparse() {
        return dataLength() < size;
      }

      /** Bytes without the holes. */
      public long dataLength() {
        long length = 0;
        for (Extent extent : extents) {
          length += extent.length();
        }
        return length;
      }
    }

    record Directory() implements Kind {}

    /** The target is any bytes: it need not exist. */
    record SymbolicLink(RawPath target) implements Kind {}

    /**
     * One more name of a file.
     *
     * @param first the name under which it came earlier in the same stream
     */
    record HardLink(RawPath first) implements Kind {}

    record Device(boolean block, DeviceNumber number) implements Kind {}

    record Fifo() implements Kind {}
  }

  /**
   * A run of data within a file.
   *
   * @param offset bytes from the file's start
   * @param length bytes, positive
   */
  public record Extent(long offset, long length) {}
}
