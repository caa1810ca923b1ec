package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.OpenContent;
import io.plasmabackup.walk.VanishedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Segments → bytes, several at a time. Each byte of a file is read once. Keeps a large file open
 * from its first piece to its last.
 */
final class SegmentPacker implements AutoCloseable {

  private static final RawPath ROOT = RawPath.of("/");

  private final Notes notes;
  private final Map<RawPath, LargeMember> large = new ConcurrentHashMap<>();
  private final Vanished vanished = new Vanished();

  /** Whether anything that was announced can vanish. */
  private volatile boolean anyLive;

  SegmentPacker(Notes notes) {
    this.notes = notes;
  }

  /** To be called for each segment in order, before any later one is packed. */
  void announce(Segment segment) {
    anyLive |=
        segment.pieces().stream()
            .anyMatch(piece ->
                piece.entry().kind() instanceof Kind.RegularFile file && file.content().isLive());
  }

  /**
   * Puts a segment together. Where an entry of a live folder is gone, filler takes its place, so
   * that all others stay where they are; but the segment doesn't end in filler, after which readers
   * expect a member. To be called for every segment that was announced, by several threads in any
   * order, as long as a segment is not left waiting for a thread by later ones.
   *
   * @param number of the segment, counted from 0
   * @param assembly for this thread alone; a segment has begun there, and is ended
   * @return the segment as packed: without the entries that are gone, which have been noted
   */
  Segment pack(long number, Segment segment, Assembly assembly)
      throws Failure, InterruptedException {
    List<Piece> packed = new ArrayList<>(segment.pieces().size());
    for (Piece piece : segment.pieces()) {
      if (pack(number, piece, assembly)) {
        packed.add(piece);
      } else if (segment.pieces().size() > 1) {
        assembly.put(piece.at(), Gap.of(piece.end() - piece.at()));
      }
    }
    int length = packed.isEmpty() ? 0 : packed.getLast().end();
    assembly.end(length);
    vanished.packed(number);
    return new Segment(packed, length, segment.leftOut());
  }

  /** Returns false if there is nothing to pack: the file is gone, which has been noted. */
  private boolean pack(long number, Piece piece, Assembly assembly)
      throws Failure, InterruptedException {
    if (isLinkToVanished(number, piece)) {
      return false;
    }
    if (!piece.continuesMember()) {
      assembly.put(piece.at(), piece.header());
    }
    if (piece.dataLength() > 0 && !packData(piece, assembly)) {
      return false;
    }
    assembly.zero(piece.dataAt() + piece.dataLength(), piece.end());
    return true;
  }

  /** A link to a member that isn't in the archive would make extraction fail. */
  private boolean isLinkToVanished(long number, Piece piece) throws InterruptedException {
    if (anyLive
        && piece.entry().kind() instanceof Kind.HardLink link
        && vanished.contains(link.first(), number)) {
      notes.changed(
          shown(piece),
          "was a second name of "
              + ROOT.resolve(link.first())
              + ", which vanished before it was read; it is not in the archive");
      return true;
    }
    return false;
  }

  private boolean packData(Piece piece, Assembly assembly) throws Failure {
    Kind.RegularFile file = (Kind.RegularFile) piece.entry().kind();
    try {
      if (piece.dataLength() == file.dataLength()) {
        try (OpenContent content = file.content().open()) {
          copy(piece, file, content, assembly);
          noteChange(piece, file, content);
        }
        return true;
      }
      return packPart(piece, file, assembly);
    } catch (VanishedException e) {
      if (!file.content().isLive()) {
        throw new Failure(
            ExitCode.READ,
            "cannot read " + shown(piece) + ": it is not the file that was listed",
            e);
      }
      vanished.add(piece.entry().name());
      notes.changed(shown(piece), "vanished before it was read; it is not in the archive");
      return false;
    } catch (ErrnoException e) {
      throw new Failure(
          ExitCode.READ,
          "cannot read " + shown(piece) + ": " + e.getMessage() + "; no archive was published",
          e);
    }
  }

  private boolean packPart(Piece piece, Kind.RegularFile file, Assembly assembly)
      throws Failure, ErrnoException, VanishedException {
    Entry entry = piece.entry();
    LargeMember member =
        large.computeIfAbsent(
            entry.name(), name -> new LargeMember(file.content(), file.dataLength()));
    OpenContent content = member.open();
    if (content != null) {
      copy(piece, file, content, assembly);
    }
    if (member.isCompleteWith(piece.dataLength())) {
      if (content != null) {
        noteChange(piece, file, content);
      }
      large.remove(entry.name());
      member.close();
    }
    return content != null;
  }

  private void noteChange(Piece piece, Kind.RegularFile file, OpenContent content)
      throws ErrnoException {
    if (file.content().isLive() && content.hasChanged()) {
      notes.changed(shown(piece), "changed while it was read");
    }
  }

  private static void copy(
      Piece piece, Kind.RegularFile file, OpenContent content, Assembly assembly)
      throws ErrnoException, Failure {
    int at = piece.dataAt();
    long extentStart = 0;
    for (Extent extent : file.extents()) {
      long from = Math.max(piece.dataFrom() - extentStart, 0);
      long to = Math.min(piece.dataTo() - extentStart, extent.length());
      if (from < to) {
        int wanted = (int) (to - from);
        int got = assembly.copy(content, extent.offset() + from, at, wanted);
        if (got < wanted) {
          if (!file.content().isLive()) {
            throw new Failure(
                ExitCode.READ,
                "cannot read "
                    + shown(piece)
                    + ": it ends at byte "
                    + (extent.offset() + from + got));
          }
          // As GNU tar does; the file's status says that it changed.
          assembly.zero(at + got, at + wanted);
        }
        at += wanted;
      }
      extentStart += extent.length();
    }
  }

  private static RawPath shown(Piece piece) {
    return ROOT.resolve(piece.entry().name());
  }

  /** To be called when nobody packs any more. */
  @Override
  public void close() {
    large.values().forEach(LargeMember::close);
  }
}
