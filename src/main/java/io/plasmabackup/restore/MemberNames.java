package io.plasmabackup.restore;

import io.plasmabackup.linux.RawPath;
import java.util.Arrays;

/** Members' names as an index has them. */
final class MemberNames {

  private MemberNames() {}

  /**
   * Without slashes at the end, and without what some tars have at the start: {@code ./} or
   * slashes. Empty for the root directory.
   */
  static RawPath normalized(RawPath name) {
    byte[] bytes = name.toBytes();
    int start = 0;
    int end = bytes.length;
    boolean more = true;
    while (more && start < end) {
      more = false;
      if (bytes[start] == '/') {
        start++;
        more = true;
      } else if (bytes[start] == '.' && (start + 1 == end || bytes[start + 1] == '/')) {
        start++;
        more = true;
      }
    }
    while (end > start && bytes[end - 1] == '/') {
      end--;
    }
    return RawPath.copyOf(Arrays.copyOfRange(bytes, start, end));
  }

  /**
   * Whether a file can have that name: it has no component that is empty, {@code .} or {@code ..}.
   *
   * @param name normalized
   */
  static boolean isPath(RawPath name) {
    byte[] bytes = name.toBytes();
    int start = 0;
    for (int end = 0; end <= bytes.length; end++) {
      if (end < bytes.length && bytes[end] != '/') {
        continue;
      }
      int length = end - start;
      boolean dots = length <= 2;
      for (int i = start; i < end; i++) {
        dots &= bytes[i] == '.';
      }
      if (dots && bytes.length > 0) {
        return false;
      }
      start = end + 1;
    }
    return true;
  }
}
