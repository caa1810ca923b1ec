package io.plasmabackup.archive;

import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Metadata;
import java.util.Optional;

/** What an index will say of a member, without having been read from it. */
final class MemberLine {

  private MemberLine() {}

  /** The line of the member that begins with this piece. */
  static Member of(Piece piece) {
    Entry entry = piece.entry();
    Metadata metadata = entry.metadata();
    return new Member(
        entry.name(),
        type(entry.kind()),
        entry.kind() instanceof Kind.RegularFile file ? file.size() : 0,
        link(entry.kind()),
        entry.kind() instanceof Kind.Device device
            ? Optional.of(device.number().toString())
            : Optional.empty(),
        metadata.permissions(),
        metadata.uid(),
        metadata.gid(),
        metadata.user(),
        metadata.group(),
        metadata.modified(),
        Optional.of(metadata.changed()),
        Optional.of(entry.id().inode()),
        piece.at(),
        piece.dataAt());
  }

  private static Member.Type type(Kind kind) {
    return switch (kind) {
      case Kind.RegularFile _ -> Member.Type.FILE;
      case Kind.Directory _ -> Member.Type.DIRECTORY;
      case Kind.SymbolicLink _ -> Member.Type.SYMLINK;
      case Kind.HardLink _ -> Member.Type.HARDLINK;
      case Kind.Device device -> device.block() ? Member.Type.BLOCK : Member.Type.CHARACTER;
      case Kind.Fifo _ -> Member.Type.FIFO;
    };
  }

  private static Optional<RawPath> link(Kind kind) {
    return switch (kind) {
      case Kind.SymbolicLink(RawPath target) -> Optional.of(target);
      case Kind.HardLink(RawPath first) -> Optional.of(first);
      default -> Optional.empty();
    };
  }
}
