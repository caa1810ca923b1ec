package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.walk.LeftOut;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/**
 * The last stage: packed segments, in order, to the sink, with the gaps between them and the
 * trailer; and to the index what is where. Used by one thread.
 */
final class StoreStage {

  private final ArchiveSink archive;
  private final IndexWriter index;
  private final SegmentListener listener;
  private final Progress progress;
  private final MessageDigest whole = Digests.sha256();
  private final MessageDigest digests = Digests.sha256();
  private long position;
  private long segments;
  private long members;
  private long dataBytes;

  StoreStage(ArchiveSink archive, IndexWriter index, SegmentListener listener, Progress progress) {
    this.archive = archive;
    this.index = index;
    this.listener = listener;
    this.progress = progress;
  }

  void begin(IndexHeader header) throws Failure {
    index.header(header);
  }

  void store(PackedSegment packed) throws Failure {
    int gap = Gap.before(position);
    if (gap > 0) {
      byte[] filler = new byte[gap];
      Gap.fill(filler, 0, gap);
      write(filler, gap);
      listener.stored(position - gap, gap, Digests.sha256().digest(filler));
    }
    index.segment(segments, position, packed);
    int length = packed.segment().length();
    write(packed.buffer(), length);
    listener.stored(position - length, length, packed.sha256().clone());
    digests.update(packed.sha256());
    segments++;
    for (Piece piece : packed.segment().pieces()) {
      dataBytes += piece.dataLength();
      members += piece.continuesMember() ? 0 : 1;
    }
  }

  /**
   * Ends the archive.
   *
   * @param leftOut what was left out after the last member
   */
  ArchiveSummary end(List<LeftOut> leftOut) throws Failure {
    index.leftOut(leftOut);
    write(new byte[Format.TRAILER], Format.TRAILER);
    ArchiveSummary summary =
        new ArchiveSummary(
            position, members, dataBytes, segments, HexFormat.of().formatHex(whole.digest()));
    index.end(summary, digests.digest());
    return summary;
  }

  private void write(byte[] bytes, int length) throws Failure {
    whole.update(bytes, 0, length);
    archive.write(bytes, 0, length);
    position += length;
    progress.stored(position);
  }
}
