package io.plasmabackup.archive;

import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.LeftOut;
import java.util.List;

/**
 * A run of consecutive members, or a piece of a large one, laid out but not read yet.
 *
 * @param pieces in order; as laid out, the first starts at 0, each other one where the one before
 *     ends; as packed, there is filler where one is missing that vanished, and none at all if
 *     nothing is left
 * @param length bytes, a multiple of {@link Format#BLOCK}, at most {@link Format#MAX_SEGMENT}
 * @param leftOut what was come upon between these members and isn't archived: for the index
 */
record Segment(List<Piece> pieces, int length, List<LeftOut> leftOut) {

  Segment {
    pieces = List.copyOf(pieces);
    leftOut = List.copyOf(leftOut);
  }

  /** Whether this continues a member that began in an earlier segment. */
  boolean continuesMember() {
    return pieces.getFirst().continuesMember();
  }

  /** Entries that begin here. */
  List<Entry> entries() {
    return pieces.stream().filter(piece -> !piece.continuesMember()).map(Piece::entry).toList();
  }
}
