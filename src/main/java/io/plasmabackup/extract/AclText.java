package io.plasmabackup.extract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * POSIX ACLs: from the text of acl(5), which tars carry, to the attributes that the kernel knows
 * (linux/posix_acl_xattr.h).
 */
final class AclText {

  private static final int VERSION = 2;
  private static final int NO_ID = -1;
  private static final long MOST_ID = 0xffff_fffeL;

  /** Some writers put a user's number behind, where its name stands before. */
  private static final Pattern ENTRY =
      Pattern.compile("(u|user|g|group|m|mask|o|other):([^:]*):([r-][w-][x-])(?::(\\d{1,10}))?");

  private AclText() {}

  /** An entry as the kernel has it. */
  private record Entry(int tag, int permissions, int id) {}

  /**
   * The attribute's value.
   *
   * @return empty if the text isn't an ACL, or has users' names without their numbers
   */
  static Optional<byte[]> attribute(String text) {
    List<Entry> entries = new ArrayList<>();
    for (String part : text.split("[,\n]", -1)) {
      int comment = part.indexOf('#');
      String entry = (comment < 0 ? part : part.substring(0, comment)).strip();
      if (entry.isEmpty()) {
        continue;
      }
      Entry parsed = entry(entry);
      if (parsed == null) {
        return Optional.empty();
      }
      entries.add(parsed);
    }
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    // The kernel wants them so.
    entries.sort(
        Comparator.comparingInt(Entry::tag).thenComparing(Entry::id, Integer::compareUnsigned));
    ByteBuffer value =
        ByteBuffer.allocate(Integer.BYTES + entries.size() * 2 * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(VERSION);
    for (Entry entry : entries) {
      value.putShort((short) entry.tag()).putShort((short) entry.permissions()).putInt(entry.id());
    }
    return Optional.of(value.array());
  }

  private static @Nullable Entry entry(String text) {
    Matcher matcher = ENTRY.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    String who = matcher.group(2);
    String number = matcher.group(4) != null ? matcher.group(4) : who;
    int id = NO_ID;
    boolean named = !who.isEmpty();
    if (named) {
      if (!number.matches("\\d{1,10}") || Long.parseLong(number) > MOST_ID) {
        return null;
      }
      id = (int) Long.parseLong(number);
    }
    int tag =
        switch (matcher.group(1).charAt(0)) {
          case 'u' -> named ? 0x02 : 0x01;
          case 'g' -> named ? 0x08 : 0x04;
          case 'm' -> named ? 0 : 0x10;
          default -> named ? 0 : 0x20;
        };
    String permissions = matcher.group(3);
    int bits =
        (permissions.charAt(0) == 'r' ? 4 : 0)
            | (permissions.charAt(1) == 'w' ? 2 : 0)
            | (permissions.charAt(2) == 'x' ? 1 : 0);
    return tag == 0 ? null : new Entry(tag, bits, id);
  }
}
