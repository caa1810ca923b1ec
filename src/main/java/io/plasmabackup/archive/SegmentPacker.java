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
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Segments → bytes, in order. Each byte of a file is read once, to the place from which it is sent.
 * Keeps a large file open from its first piece to its last.
 */
final class SegmentPacker implements AutoCloseable {

  private final Notes notes;

  /**
   * The member whose further pieces are to come: open, or gone before its first piece could be
   * read.
   */
  private @Nullable RawPath current;

  private @Nullable OpenContent content;

  SegmentPacker(Notes notes) {
    this.notes = notes;
  }

  /**
   * Reads a segment's data into {@code buffer}, from its start.
   *
   * @return the segment as packed: without the entries of a live folder that are gone; null if
   *     nothing is left of it
   */
  @Nullable Segment pack(Segment segment, byte[] buffer) throws Failure {
    Segment left = segment;
    while (true) {
      Entry gone = tryPack(left, buffer);
      if (gone == null) {
        return left;
      }
      if (left.continuesMember()) {
        return null;
      }
      List<Entry> entries = new ArrayList<>(left.entries());
      entries.removeIf(entry -> entry.name().equals(gone.name()));
      if (entries.isEmpty()) {
        return null;
      }
      left = Segmenter.layOut(entries);
    }
  }

  /** Gives the entry that vanished, if one did: what was packed is then worthless. */
  private @Nullable Entry tryPack(Segment segment, byte[] buffer) throws Failure {
    for (Piece piece : segment.pieces()) {
      byte[] header = piece.header();
      System.arraycopy(header, 0, buffer, piece.at(), header.length);
      if (piece.dataLength() > 0 && !packData(piece, buffer)) {
        return piece.entry();
      }
      Arrays.fill(buffer, piece.dataAt() + piece.dataLength(), piece.end(), (byte) 0);
    }
    return null;
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
      notes.changed(shown(piece), "vanished before it was read; it is not in the archive");
      return false;
    } catch (ErrnoException e) {
      throw new Failure(
          ExitCode.READ,
          "cannot read "
              + shown(piece)
              + ": "
              + e.errno()
              + " ("
              + e.getMessage()
              + "); no archive was published",
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
    return RawPath.of("/").resolve(piece.entry().name());
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
