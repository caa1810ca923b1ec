package io.plasmabackup.walk;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The file by which a program says that a directory holds nothing that it couldn't make again: the
 * Cache Directory Tagging Specification, https://bford.info/cachedir/.
 */
final class CacheDirectoryTag {

  static final RawPath NAME = RawPath.of("CACHEDIR.TAG");

  private static final byte[] SIGNATURE =
      "Signature: 8a477f597d28d172789f06886806bc55".getBytes(StandardCharsets.US_ASCII);

  private CacheDirectoryTag() {}

  /**
   * Whether {@code directory}, with these names in it, is marked. The tag must be a regular file
   * that begins as the specification says: a link, which anybody can plant, is none.
   */
  static boolean marks(Fd directory, Listing names) throws ErrnoException {
    if (!names.contains(NAME) || directory.statusAt(NAME).type() != FileStatus.Type.REGULAR) {
      return false;
    }
    byte[] start = new byte[SIGNATURE.length];
    try (Fd tag = directory.openAt(NAME, Fd.Use.READ)) {
      return tag.read(0, start, 0, start.length) == start.length && Arrays.equals(start, SIGNATURE);
    }
  }
}
