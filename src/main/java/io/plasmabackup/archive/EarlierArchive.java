package io.plasmabackup.archive;

import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an earlier archive in the same folder has, which need not be read and packed again where it
 * is the same: it can be copied. In memory are its segments, not their members.
 *
 * <p>A segment is the same if its {@linkplain SegmentKey key} is, so that its members have the same
 * layout, headers, inodes and times of last change; and if of each file with data either the
 * filesystem says that nothing has touched it since, or it is of a snapshot and the time of its
 * last change was well past when the earlier run began.
 */
public final class EarlierArchive {

  /** None: everything is read. */
  public static final EarlierArchive NONE = new EarlierArchive(Instant.EPOCH);

  /**
   * A page that is mapped into memory can change without a new time until it is written back, which
   * takes half a minute; and what changes within a tick of a filesystem's clock has the same time.
   */
  private static final Duration UNSETTLED = Duration.ofMinutes(5);

  private final Instant begun;
  private final SegmentTable segments;
  private final EarlierMembers members;
  private final @Nullable Differences differences;

  /**
   * Begins without segments.
   *
   * @param begun when the run began that made the archive
   */
  public EarlierArchive(Instant begun) {
    this(begun, new SegmentTable(), EarlierMembers.NONE, null);
  }

  private EarlierArchive(
      Instant begun,
      SegmentTable segments,
      EarlierMembers members,
      @Nullable Differences differences) {
    this.begun = begun;
    this.segments = segments;
    this.members = members;
    this.differences = differences;
  }

  /** The same, against the members of which those of one new archive are counted. */
  public EarlierArchive with(EarlierMembers counted) {
    return new EarlierArchive(begun, segments, counted, differences);
  }

  /**
   * The same, of which nothing is copied: what seems to be the same is read all the same, and
   * compared.
   */
  public EarlierArchive toCompare(Differences told) {
    return new EarlierArchive(begun, segments, members, told);
  }

  /**
   * Adds a segment as an index says it. One without a key (of a rebuilt index) or without a digest
   * (nobody has read it) can't be told from others, and is left out.
   */
  public void add(IndexLine.Segment line) {
    Optional<String> key = line.key();
    Optional<String> sha256 = line.sha256();
    if (key.isEmpty()
        || sha256.isEmpty()
        || line.tar() > Format.MAX_SEGMENT
        || line.stored() > Packing.BUFFER
        || line.offset() % Format.ALIGNMENT != 0) {
      return;
    }
    HexFormat hex = HexFormat.of();
    segments.add(
        hex.parseHex(key.get()),
        new StoredSegment(
            line.offset(), (int) line.stored(), (int) line.tar(), hex.parseHex(sha256.get())));
  }

  /** Bytes of tar in its segments. */
  public long tarBytes() {
    return segments.tarBytes();
  }

  public boolean isEmpty() {
    return segments.isEmpty();
  }

  EarlierMembers members() {
    return members;
  }

  /** Whether segments are copied from it. */
  boolean isCopied() {
    return !isEmpty() && differences == null;
  }

  /** Tells if a segment that was read isn't what it should be. */
  void compare(PackedSegment read) {
    Differences told = differences;
    byte[] sha256 = read.sha256();
    if (told == null
        || sha256 == null
        || read.segment().pieces().isEmpty()
        || !isUntouched(read.segment(), false)) {
      return;
    }
    Optional<StoredSegment> there = find(read.segment(), read.key());
    if (there.isPresent() && !MessageDigest.isEqual(there.get().sha256(), sha256)) {
      List<Piece> pieces = read.segment().pieces();
      told.found(pieces.getFirst().entry().name(), pieces.getLast().entry().name());
    }
  }

  /** Where it has the same segment; empty if it hasn't, or that can't be told. */
  Optional<StoredSegment> find(Segment segment, byte[] key) {
    StoredSegment found = segments.find(key);
    return found != null && found.tar() == segment.length() && isUntouched(segment, true)
        ? Optional.of(found)
        : Optional.empty();
  }

  private boolean isUntouched(Segment segment, boolean byTime) {
    for (Piece piece : segment.pieces()) {
      if (!isUntouched(piece.entry(), byTime)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a file is as it was.
   *
   * @param byTime whether its times say so where the filesystem doesn't
   */
  private boolean isUntouched(Entry entry, boolean byTime) {
    if (!(entry.kind() instanceof Kind.RegularFile file) || file.extents().isEmpty()) {
      // Its headers, of which the key is, are all that it has.
      return true;
    }
    return switch (file.content().sinceEarlier()) {
      case UNTOUCHED -> true;
      case TOUCHED -> false;
      case UNKNOWN ->
          byTime
              && !file.content().isLive()
              && Instant.ofEpochSecond(entry.metadata().changed().seconds())
                  .isBefore(begun.minus(UNSETTLED));
    };
  }
}
