package io.plasmabackup.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * POSIX ACLs: from the binary form of the attributes system.posix_acl_access and
 * system.posix_acl_default (linux/posix_acl_xattr.h) to the text of acl(5), which tars carry as
 * SCHILY.acl.*. Users and groups stay numbers, so that they mean the same wherever they are
 * restored.
 */
final class AccessControlList {

  private static final int VERSION = 2;

  private AccessControlList() {}

  /** Entries separated by commas; empty if the bytes are not of that form. */
  static Optional<String> text(byte[] attribute) {
    ByteBuffer bytes = ByteBuffer.wrap(attribute).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < 4 || bytes.getInt() != VERSION || bytes.remaining() % 8 != 0) {
      return Optional.empty();
    }
    StringJoiner entries = new StringJoiner(",");
    while (bytes.hasRemaining()) {
      int tag = bytes.getShort();
      int permissions = bytes.getShort();
      String id = Integer.toUnsignedString(bytes.getInt());
      String who =
          switch (tag) {
            case 0x01 -> "user::";
            case 0x02 -> "user:" + id + ":";
            case 0x04 -> "group::";
            case 0x08 -> "group:" + id + ":";
            case 0x10 -> "mask::";
            case 0x20 -> "other::";
            default -> "";
          };
      if (who.isEmpty() || (permissions & ~7) != 0) {
        return Optional.empty();
      }
      entries.add(
          who
              + ((permissions & 4) != 0 ? 'r' : '-')
              + ((permissions & 2) != 0 ? 'w' : '-')
              + ((permissions & 1) != 0 ? 'x' : '-'));
    }
    return Optional.of(entries.toString());
  }
}
