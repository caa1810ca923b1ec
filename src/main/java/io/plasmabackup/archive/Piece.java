package io.plasmabackup.archive;

import io.plasmabackup.walk.Entry;

/**
 * What one segment holds of one member: its header and the first of its data, or more of its data.
 * Data positions count the file's data without its holes. Identity matters, not content: never
 * compared.
 */
final class Piece {

  private final Entry entry;
  private final int at;
  private final byte[] header;
  private final long dataFrom;
  private final long dataTo;

  /**
   * @param at where in the segment it starts
   * @param header the member's, also where it is continued and doesn't stand in the segment; this
   *     object's from now on
   * @param dataFrom first data byte; 0 where the member begins, and only there
   * @param dataTo past the last data byte
   */
  Piece(Entry entry, int at, byte[] header, long dataFrom, long dataTo) {
    this.entry = entry;
    this.at = at;
    this.header = header;
    this.dataFrom = dataFrom;
    this.dataTo = dataTo;
  }

  Entry entry() {
    return entry;
  }

  int at() {
    return at;
  }

  boolean continuesMember() {
    return dataFrom > 0;
  }

  /** The member's header; in the segment unless it continues the member. Not to be changed. */
  byte[] header() {
    return header;
  }

  /** Where in the segment its data starts. */
  int dataAt() {
    return continuesMember() ? at : at + header.length;
  }

  long dataFrom() {
    return dataFrom;
  }

  long dataTo() {
    return dataTo;
  }

  int dataLength() {
    return (int) (dataTo - dataFrom);
  }

  /** Where in the segment it ends, padded to a tar block. */
  int end() {
    return dataAt() + (int) Format.toBlocks(dataLength());
  }
}
