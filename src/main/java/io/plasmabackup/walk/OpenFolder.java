package io.plasmabackup.walk;

import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open directory with all that is asked of it. Its owner closes it.
 *
 * @param known of the first names
 */
record OpenFolder(
    FileStatus status,
    Fd directory,
    Listing names,
    Set<Metadata.Flag> flags,
    Map<RawPath, byte[]> attributes,
    KnownFiles known)
    implements AutoCloseable {

  /**
   * Takes over {@code directory} and reads it.
   *
   * @param inodes absent: files are asked about one by one
   */
  static OpenFolder read(FileStatus status, Fd directory, @Nullable InodeReader inodes)
      throws ErrnoException {
    try {
      Listing names = directory.list();
      return new OpenFolder(
          status,
          directory,
          names,
          Flags.of(status, directory.isNoCopyOnWrite()),
          directory.attributes(),
          inodes == null ? KnownFiles.NONE : KnownFiles.read(inodes, names, 0));
    } catch (ErrnoException e) {
      directory.close();
      throw e;
    }
  }

  @Override
  public void close() {
    directory.close();
  }
}
