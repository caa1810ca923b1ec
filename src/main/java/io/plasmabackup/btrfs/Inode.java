package io.plasmabackup.btrfs;

import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a subvolume's tree says of one of its files; the same as statx(2), ioctl_iflags(2),
 * listxattr(2) and getxattr(2), readlink(2) and lseek(2) say.
 *
 * @param attributes extended attributes in the order of their names
 * @param data of a regular file: where there is data, in ascending order and not touching
 * @param target of a symbolic link; else empty
 * @param transaction the last one that changed the inode, its data among it
 * @param inline of a regular file whose data is all beside the inode; null where it is elsewhere,
 *     or has to be read by the system calls
 */
public record Inode(
    FileStatus status,
    boolean noCopyOnWrite,
    Map<RawPath, byte[]> attributes,
    List<Run> data,
    RawPath target,
    long transaction,
    @Nullable InlineData inline) {

  /**
   * Data between holes.
   *
   * @param offset bytes from the file's start
   * @param length bytes, positive
   */
  public record Run(long offset, long length) {}
}
