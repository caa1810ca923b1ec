package io.plasmabackup.restore;

import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.tar.TarMember;
import org.jspecify.annotations.Nullable;

/** Whether a member of a tar is what an index says. */
final class MemberComparison {

  private MemberComparison() {}

  /** What isn't as it should be, for people; null if all is. */
  static @Nullable String difference(Member expected, TarMember found) {
    if (!MemberNames.normalized(found.name()).equals(expected.name())) {
      return "there is " + found.name() + " in its place";
    }
    if (MemberLines.type(found) != expected.type()) {
      return "its type";
    }
    if (expected.type() == Member.Type.FILE && found.size() != expected.size()) {
      return "its size";
    }
    if (expected.type() != Member.Type.HARDLINK
        && (found.permissions() != expected.permissions()
            || found.uid() != expected.uid()
            || found.gid() != expected.gid()
            || !found.modified().equals(expected.modified()))) {
      return "its owner, permissions or time";
    }
    if (expected.node().isPresent() && !expected.node().get().equals(node(found))) {
      return "which device it is";
    }
    return expected.link().isPresent() && !expected.link().equals(MemberLines.link(found))
        ? "where it leads"
        : null;
  }

  private static String node(TarMember member) {
    return Integer.toUnsignedString(member.major())
        + ":"
        + Integer.toUnsignedString(member.minor());
  }
}
