package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.group;
import io.plasmabackup.bindings.passwd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The names of users and groups, by getpwuid_r(3) and getgrgid_r(3), so that whatever nsswitch.conf
 * names is asked. Remembers what it has seen. Not thread-safe.
 */
public final class Accounts {

  private static final long FIRST_BUFFER_BYTES = 16 * 1024;

  /** A group's entry has the names of all its members. */
  private static final long LARGEST_BUFFER_BYTES = 64 << 20;

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
    return lookUp(
        passwd.layout(),
        (entry, buffer, size, result) -> Native.getpwuid_r((int) uid, entry, buffer, size, result),
        passwd::pw_name,
        FIRST_BUFFER_BYTES);
  }

  private static String lookUpGroup(long gid) {
    return lookUp(
        group.layout(),
        (entry, buffer, size, result) -> Native.getgrgid_r((int) gid, entry, buffer, size, result),
        group::gr_name,
        FIRST_BUFFER_BYTES);
  }

  private interface Query {
    int ask(MemorySegment entry, MemorySegment buffer, long size, MemorySegment result);
  }

  /**
   * A name is a courtesy, the number is what counts: a directory service that is down must not fail
   * a backup.
   */
  private static String lookUp(
      MemoryLayout layout, Query query, UnaryOperator<MemorySegment> name, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment entry = arena.allocate(layout);
      MemorySegment buffer = arena.allocate(bytes);
      MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
      int error = query.ask(entry, buffer, bytes, result);
      if (error == Errno.ERANGE.number() && bytes < LARGEST_BUFFER_BYTES) {
        return lookUp(layout, query, name, bytes * 16);
      }
      boolean found = error == 0 && !result.get(ValueLayout.ADDRESS, 0).equals(MemorySegment.NULL);
      return found ? name.apply(entry).getString(0) : "";
    }
  }
}
