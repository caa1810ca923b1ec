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
}
