package io.plasmabackup.extract;

import io.plasmabackup.linux.RawPath;
import java.io.ByteArrayOutputStream;

/** Where in the folder a member belongs. */
final class MemberPath {

  /**
   * More than anybody can have made by a path that the kernel takes; each folder on the way costs a
   * descriptor.
   */
  private static final int MOST_NAMES = 2048;

  private static final int MOST_BYTES = 64 * 1024;

  private MemberPath() {}

  /**
   * A member's name as a path below the folder: without slashes at its end, {@code .} and doubled
   * slashes; empty for the folder itself.
   *
   * @throws Refusal if it leads elsewhere
   */
  static RawPath of(RawPath name) throws Refusal {
    byte[] bytes = name.toBytes();
    if (bytes.length == 0) {
      throw new Refusal("has no name");
    }
    if (bytes[0] == '/') {
      throw new Refusal("has an absolute name");
    }
    if (bytes.length > MOST_BYTES) {
      throw new Refusal("has a name of " + bytes.length + " bytes");
    }
    int names = 0;
    ByteArrayOutputStream path = new ByteArrayOutputStream(bytes.length);
    int start = 0;
    for (int end = 0; end <= bytes.length; end++) {
      if (end < bytes.length && bytes[end] != '/') {
        if (bytes[end] == 0) {
          throw new Refusal("has a NUL in its name");
        }
        continue;
      }
      int length = end - start;
      if (length == 2 && bytes[start] == '.' && bytes[start + 1] == '.') {
        throw new Refusal("has .. in its name");
      }
      if (length > 1 || (length == 1 && bytes[start] != '.')) {
        if (path.size() > 0) {
          path.write('/');
        }
        path.write(bytes, start, length);
        names++;
        if (names > MOST_NAMES) {
          throw new Refusal("is below more than " + MOST_NAMES + " folders");
        }
      }
      start = end + 1;
    }
    return RawPath.copyOf(path.toByteArray());
  }
}
