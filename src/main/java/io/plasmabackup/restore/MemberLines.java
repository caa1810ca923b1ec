package io.plasmabackup.restore;

import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.util.Optional;

/** What an index says of members, told from the tar itself. */
final class MemberLines {

  private MemberLines() {}

  /**
   * A member, as if all of the tar were one segment.
   *
   * @param data where in the tar its data starts
   */
  static Member of(TarMember member, long data) {
    Member.Type type = type(member);
    return new Member(
        MemberNames.normalized(member.name()),
        type,
        member.size(),
        link(member),
        type == Member.Type.CHARACTER || type == Member.Type.BLOCK
            ? Optional.of(
                Integer.toUnsignedString(member.major())
                    + ":"
                    + Integer.toUnsignedString(member.minor()))
            : Optional.empty(),
        member.permissions(),
        member.uid(),
        member.gid(),
        member.user(),
        member.group(),
        member.modified(),
        Optional.empty(),
        Optional.empty(),
        member.at(),
        data);
  }

  static Member.Type type(TarMember member) {
    return switch (member.type()) {
      case FILE -> Member.Type.FILE;
      case DIRECTORY -> Member.Type.DIRECTORY;
      case SYMBOLIC_LINK -> Member.Type.SYMLINK;
      case HARD_LINK -> Member.Type.HARDLINK;
      case CHARACTER_DEVICE -> Member.Type.CHARACTER;
      case BLOCK_DEVICE -> Member.Type.BLOCK;
      case FIFO -> Member.Type.FIFO;
    };
  }

  /** A symbolic link's target is any text; a hard link's is a member, and named as such. */
  static Optional<RawPath> link(TarMember member) {
    return switch (member.type()) {
      case SYMBOLIC_LINK -> Optional.of(member.link());
      case HARD_LINK -> Optional.of(MemberNames.normalized(member.link()));
      default -> Optional.empty();
    };
  }
}
