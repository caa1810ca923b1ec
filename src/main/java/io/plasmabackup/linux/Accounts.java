package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.group;
import io.plasmabackup.bindings.passwd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * The names of users and groups, by getpwuid_r(3) and getgrgid_r(3), so that whatever nsswitch.conf
 * names is asked. Remembers what it has seen. Not thread-safe.
 */
public final class Accounts {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final Map<Long, String> users = new HashMap<>();
  private final Map<Long, String> groups = new HashMap<>();

  /** Our effective user id. */
  public static long effectiveUser() {
    return Integer.toUnsignedLong(Native.geteuid());
  }

  /** The user's name; empty if there is none, or it cannot be found out. */
  public String user(long uid) {
    return users.computeIfAbsent(uid, Accounts::lookUpUser);
  }

  /** The group's name; empty if there is none, or it cannot be found out. */
  public String group(long gid) {
    return groups.computeIfAbsent(gid, Accounts::lookUpGroup);
  }

  private static String lookUpUser(long uid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment entry = passwd.allocate(arena);
      MemorySegment buffer = arena.allocate(BUFFER_BYTES);
      MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
      int error = Native.getpwuid_r((int) uid, entry, buffer, BUFFER_BYTES, result);
      return found(error, result) ? passwd.pw_name(entry).getString(0) : "";
    }
  }

  private static String lookUpGroup(long gid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment entry = group.allocate(arena);
      MemorySegment buffer = arena.allocate(BUFFER_BYTES);
      MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
      int error = Native.getgrgid_r((int) gid, entry, buffer, BUFFER_BYTES, result);
      return found(error, result) ? group.gr_name(entry).getString(0) : "";
    }
  }

  /**
   * A name is a courtesy, the number is what counts: a directory service that is down must not fail
   * a backup.
   */
  private static boolean found(int error, MemorySegment result) {
    return error == 0 && !result.get(ValueLayout.ADDRESS, 0).equals(MemorySegment.NULL);
  }
}
