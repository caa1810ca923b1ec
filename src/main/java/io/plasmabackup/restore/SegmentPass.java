package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.Digests;
import io.plasmabackup.archive.Framing;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.restore.SegmentCheck.Damage;
import io.plasmabackup.restore.SegmentCheck.Stored;
import io.plasmabackup.store.StoredBytes;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Reads the archive once, from front to back, as its index says where what is. */
final class SegmentPass implements AutoCloseable {

  private static final String DISORDER = "the lines of its index are not in order";

  /** What is read of a segment at a time, so that it stays in the processor's cache on its way. */
  private static final int READ_BYTES = 256 * 1024;

  /** Of what does not shrink: twice as many as there are of tar would be a strange compression. */
  private static final int LONGEST_STORED = 2 * Framing.LONGEST_SEGMENT;

  private final StoredIndex index;
  private final boolean compressed;
  private final Framing framing;
  private final SegmentCrew crew;
  private final InputStream archive;
  private final long size;
  private long position;
  private long segments;
  private long members;
  private long undigested;

  /**
   * Over one archive.
   *
   * @param archive stays the caller's; nothing else reads it meanwhile
   */
  SegmentPass(StoredBytes archive, StoredIndex index, boolean compressed) {
    this.archive = archive.stream(0);
    this.size = archive.size();
    this.index = index;
    this.compressed = compressed;
    this.framing = Framing.of(compressed);
    this.crew = new SegmentCrew(compressed);
  }

  /** What is between segments, or behind them, isn't what the agent puts there. */
  static final class Unframed extends Exception {

    private static final long serialVersionUID = 1;

    Unframed(String message) {
      super(message);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  /** Bytes of segments that the index has no digest of. */
  long undigested() {
    return undigested;
  }

  /**
   * Goes over all of it.
   *
   * @param lines all of the index
   * @param end its last line
   * @throws Damage if something is not what was stored
   * @throws Unframed if it can't be told, segment by segment
   * @throws IOException of the archive
   */
  void over(IndexReader lines, IndexLine.End end) throws IOException, Failure, Damage, Unframed {
    Segment segment = null;
    List<Member> begun = new ArrayList<>();
    IndexLine line;
    while (true) {
      line = index.next(lines);
      if (line instanceof Member member) {
        begun.add(member);
        continue;
      }
      if (line instanceof IndexLine.Left) {
        continue;
      }
      if (segment != null) {
        check(segment, begun);
      } else if (!begun.isEmpty()) {
        throw new Damage(DISORDER);
      }
      begun = new ArrayList<>();
      if (line instanceof Segment next) {
        segment = next;
      } else if (line == null || line instanceof IndexLine.End) {
        break;
      }
    }
    try {
      if (line == null || index.next(lines) != null) {
        throw new Damage(DISORDER);
      }
      trailer(end);
    } finally {
      // What is wrong before counts first.
      crew.finish();
    }
    crew.requireComplete();
    if (segments != end.segments() || members != end.members()) {
      throw new Damage(
          "it has %,d segments and %,d members, not %,d and %,d"
              .formatted(segments, members, end.segments(), end.members()));
    }
  }

  private void check(Segment segment, List<Member> begun) throws IOException, Damage, Unframed {
    try {
      filler(segment);
    } catch (Unframed e) {
      crew.finish();
      throw e;
    }
    byte[] bytes = crew.buffer((int) segment.stored());
    read(bytes, (int) segment.stored());
    crew.check(new Stored(segment, bytes, begun));
    segments++;
    members += begun.size();
    undigested += segment.sha256().isPresent() ? 0 : segment.stored();
  }

  /** What stands before a segment. */
  private void filler(Segment segment) throws IOException, Unframed {
    byte[] expected = segments == 0 ? new byte[0] : framing.filler(position);
    if (segment.number() != segments
        || segment.offset() != position + expected.length
        || segment.stored() > Math.min(LONGEST_STORED, size - segment.offset())
        || segment.tar() > Framing.LONGEST_SEGMENT
        || (!compressed && segment.tar() != segment.stored())) {
      throw new Unframed(
          "segment %d, at byte %,d, is not where and what the agent stores"
              .formatted(segment.number(), segment.offset()));
    }
    byte[] found = new byte[expected.length];
    long start = position;
    read(found, found.length);
    if (!Arrays.equals(expected, found)) {
      throw new Unframed(
          "bytes %,d to %,d, between two segments, are not what was stored"
              .formatted(start, position));
    }
  }

  private void trailer(IndexLine.End end) throws IOException, Unframed {
    byte[] found = new byte[(int) Math.min(size - position, Framing.LONGEST_TRAILER + 1)];
    long start = position;
    read(found, found.length);
    if (!framing.isTrailer(found)
        && !end.trailer()
            .equals(Optional.of(HexFormat.of().formatHex(Digests.sha256().digest(found))))) {
      throw new Unframed(
          "what is behind the last segment, at byte %,d, is not what was stored".formatted(start));
    }
  }

  private void read(byte[] into, int length) throws IOException {
    for (int done = 0; done < length; ) {
      int count = archive.read(into, done, Math.min(READ_BYTES, length - done));
      if (count < 0) {
        throw new IOException("it has become shorter");
      }
      done += count;
      position += count;
    }
  }

  @Override
  public void close() {
    crew.close();
  }
}
