package io.plasmabackup.archive;

/** The numbers of docs/format.md. Changing one changes the format's version. */
final class Format {

  static final int VERSION = 1;

  /** A tar block. */
  static final int BLOCK = 512;

  /**
   * Every segment, and the data of every member of at least {@link #ALIGN_FROM} bytes, starts at a
   * multiple of this.
   */
  static final int ALIGNMENT = 4096;

  static final int ALIGN_FROM = 32 * 1024;

  /** A segment isn't ended by its members' names before it has this many bytes. */
  static final int MIN_SEGMENT = 128 * 1024;

  /** No segment has more bytes. */
  static final int MAX_SEGMENT = 8 * 1024 * 1024;

  /** Beyond {@link #MIN_SEGMENT}, a segment ends on average after this many further bytes. */
  static final int MEAN_TAIL = 256 * 1024;

  /** The data of a larger member is spread over segments of its own. */
  static final int MAX_SHARED_DATA = 4 * 1024 * 1024;

  /** How much data of such a member goes into each of its segments but the last. */
  static final int PIECE = 4 * 1024 * 1024;

  /** A rest of up to this many bytes stays in one segment. */
  static final int LAST_PIECE = 6 * 1024 * 1024;

  /**
   * What a member counts for beyond its data where segments are ended by names: about what its
   * headers take.
   */
  static final int MEMBER_WEIGHT = 3 * BLOCK;

  /** Longest header of a member, with its attributes and its map of holes. */
  static final int MAX_HEADER = 1024 * 1024;

  /** Two blocks of zeros end a tar. */
  static final int TRAILER = 2 * BLOCK;

  private Format() {}

  /** {@code bytes} rounded up to whole tar blocks. */
  static long toBlocks(long bytes) {
    return (bytes + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** Bytes from {@code position} to the next multiple of {@link #ALIGNMENT}. */
  static int toAlignment(long position) {
    return (int) ((ALIGNMENT - position % ALIGNMENT) % ALIGNMENT);
  }
}
