package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import io.plasmabackup.walk.LeftOut;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries → segments. Where a segment ends follows from the members around that place alone: from
 * the sizes, and from a hash of the next member's name. So the same entries give the same segments
 * whatever stands before them, and an insertion changes its neighbourhood only.
 */
final class Segmenter {

  private final EntryStream entries;
  private @Nullable Entry pending;

  /** What was handed out last of a large member of which more is to come. */
  private @Nullable Piece large;

  /** What was left out since the last segment was handed out. */
  private final List<LeftOut> leftOut = new ArrayList<>();

  Segmenter(EntryStream entries) {
    this.entries = entries;
  }

  /** The next segment; null after the last. */
  @Nullable Segment next() throws Failure {
    if (large != null) {
      return nextOfLarge(large);
    }
    List<Piece> pieces = new ArrayList<>();
    int length = 0;
    while (true) {
      Entry entry = pending != null ? pending : nextEntry();
      pending = null;
      if (entry == null) {
        return pieces.isEmpty() ? null : segment(pieces, length);
      }
      if (dataLength(entry) > Format.MAX_SHARED_DATA) {
        if (pieces.isEmpty()) {
          return firstOfLarge(entry);
        }
        pending = entry;
        return segment(pieces, length);
      }
      Piece piece = whole(entry, length);
      if (!pieces.isEmpty()
          && (piece.end() > Format.MAX_SEGMENT
              || (length >= Format.MIN_SEGMENT && startsSegment(entry)))) {
        pending = entry;
        return segment(pieces, length);
      }
      pieces.add(piece);
      length = piece.end();
    }
  }

  private @Nullable Entry nextEntry() throws Failure {
    while (true) {
      Item item = entries.next();
      switch (item) {
        case LeftOut left -> leftOut.add(left);
        case Entry entry -> {
          return entry;
        }
        case null -> {
          return null;
        }
      }
    }
  }

  private Segment segment(List<Piece> pieces, int length) {
    Segment segment = new Segment(pieces, length, leftOut);
    leftOut.clear();
    return segment;
  }

  /** What was left out after the last member. */
  List<LeftOut> leftOutAtEnd() {
    return List.copyOf(leftOut);
  }

  private static Piece whole(Entry entry, int at) throws Failure {
    return new Piece(entry, at, MemberHeader.encode(entry, at), 0, dataLength(entry));
  }

  private Segment firstOfLarge(Entry entry) throws Failure {
    return handOut(
        new Piece(entry, 0, MemberHeader.encode(entry, 0), 0, pieceEnd(0, dataLength(entry))));
  }

  private Segment nextOfLarge(Piece last) {
    long from = last.dataTo();
    return handOut(
        new Piece(last.entry(), 0, last.header(), from, pieceEnd(from, dataLength(last.entry()))));
  }

  private Segment handOut(Piece piece) {
    large = piece.dataTo() < dataLength(piece.entry()) ? piece : null;
    return segment(List.of(piece), piece.end());
  }

  private static long pieceEnd(long from, long total) {
    return total - from <= Format.LAST_PIECE ? total : from + Format.PIECE;
  }

  static long dataLength(Entry entry) {
    return entry.kind() instanceof Kind.RegularFile file ? file.dataLength() : 0;
  }

  /**
   * Whether a member begins a new segment once the one before is long enough: with a probability
   * that grows with the member's length, so that segments of small and of large members come out
   * alike. Where the member stands has no part in it.
   */
  private static boolean startsSegment(Entry entry) {
    return hash(entry.name().toBytes()) % Format.MEAN_TAIL
        < Format.MEMBER_WEIGHT + Format.toBlocks(dataLength(entry));
  }

  /** 64-bit FNV-1a, then two rounds of MurmurHash3's finaliser to spread it; the upper 31 bits. */
  static int hash(byte[] name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return (int) (hash >>> 33);
  }
}
