package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.OpenContent;
import io.plasmabackup.walk.VanishedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Segments → bytes, in order. Each byte of a file is read once, to the place from which it is sent.
 * Keeps a large file open from its first piece to its last.
 */
final class SegmentPacker implements AutoCloseable {

  private static final RawPath ROOT = RawPath.of("/");

  private final Notes notes;

  /**
   * The member whose further pieces are to come: open, or gone before its first piece could be
   * read.
   */
  private @Nullable RawPath current;

  private @Nullable OpenContent content;

  /** Names of members that were left out. */
  private final Set<RawPath> vanished = new HashSet<>();

  SegmentPacker(Notes notes) {
    this.notes = notes;
  }

  /**
   * Reads a segment's data into {@code buffer}, from its start. Where an entry of a live folder is
   * gone, filler takes its place, so that all others stay where they are; but the segment doesn't
   * end in filler, after which readers expect a member.
   *
   * @return the segment as packed: without the entries that are gone; null if nothing is left of it
   */
  @Nullable Segment pack(Segment segment, byte[] buffer) throws Failure {
    List<Piece> packed = new ArrayList<>(segment.pieces().size());
    for (Piece piece : segment.pieces()) {
      if (pack(piece, buffer)) {
        packed.add(piece);
      } else if (segment.pieces().size() > 1) {
        Gap.fill(buffer, piece.at(), piece.end() - piece.at());
      }
    }
    return packed.isEmpty() ? null : new Segment(packed, packed.getLast().end(), segment.leftOut());
  }

  /** Returns false if there is nothing to pack: the file is gone, which has been noted. */
  private boolean pack(Piece piece, byte[] buffer) throws Failure {
    if (isLinkToVanished(piece) || (piece.dataLength() > 0 && !packData(piece, buffer))) {
      return false;
    }
    if (!piece.continuesMember()) {
      System.arraycopy(piece.header(), 0, buffer, piece.at(), piece.header().length);
    }
    Arrays.fill(buffer, piece.dataAt() + piece.dataLength(), piece.end(), (byte) 0);
    return true;
  }

  /** A link to a member that isn't in the archive would make extraction fail. */
  private boolean isLinkToVanished(Piece piece) {
    if (!vanished.isEmpty()
        && piece.entry().kind() instanceof Kind.HardLink link
        && vanished.contains(link.first())) {
      notes.changed(
          shown(piece),
          "was a second name of "
              + ROOT.resolve(link.first())
              + ", which vanished before it was read; it is not in the archive");
      return true;
    }
    return false;
  }

  private boolean packData(Piece piece, byte[] buffer) throws Failure {
    Kind.RegularFile file = (Kind.RegularFile) piece.entry().kind();
    try {
      if (current == null || !piece.entry().name().equals(current)) {
        close();
        current = piece.entry().name();
        content = file.content().open();
      }
      if (content == null) {
        return false;
      }
      read(piece, file, content, buffer);
      if (piece.dataTo() == file.dataLength()) {
        if (file.content().isLive() && content.hasChanged()) {
          notes.changed(shown(piece), "changed while it was read");
        }
        close();
      }
      return true;
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

  private void read(Piece piece, Kind.RegularFile file, OpenContent content, byte[] buffer)
      throws ErrnoException, Failure {
    int at = piece.dataAt();
    long extentStart = 0;
    for (Extent extent : file.extents()) {
      long from = Math.max(piece.dataFrom() - extentStart, 0);
      long to = Math.min(piece.dataTo() - extentStart, extent.length());
      if (from < to) {
        int wanted = (int) (to - from);
        int got = content.read(extent.offset() + from, buffer, at, wanted);
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
          Arrays.fill(buffer, at + got, at + wanted, (byte) 0);
        }
        at += wanted;
      }
      extentStart += extent.length();
    }
  }

  private static RawPath shown(Piece piece) {
    return ROOT.resolve(piece.entry().name());
  }

  @Override
  public void close() {
    if (content != null) {
      content.close();
    }
    content = null;
    current = null;
  }
}
