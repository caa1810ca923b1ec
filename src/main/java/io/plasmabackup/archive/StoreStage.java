package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.walk.LeftOut;
import java.nio.ByteBuffer;
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
  private final Container container;
  private final MessageDigest whole = Digests.sha256();
  private final MessageDigest digests = Digests.sha256();
  private long position;
  private long tarPosition;
  private long segments;
  private long members;
  private long dataBytes;

  StoreStage(
      Container container,
      ArchiveSink archive,
      IndexWriter index,
      SegmentListener listener,
      Progress progress) {
    this.container = container;
    this.archive = archive;
    this.index = index;
    this.listener = listener;
    this.progress = progress;
  }

  void begin(IndexHeader header) throws Failure {
    index.header(header, container);
  }

  void store(PackedSegment packed) throws Failure {
    if (packed.segment().pieces().isEmpty()) {
      index.leftOut(packed.leftOut());
      return;
    }
    byte[] filler = container.filler(position);
    if (filler.length > 0) {
      write(ByteBuffer.wrap(filler), container.gapInTar(tarPosition));
      listener.stored(position - filler.length, filler.length, Digests.sha256().digest(filler));
    }
    index.segment(segments, position, packed);
    int length = packed.bytes().remaining();
    write(packed.bytes(), packed.segment().length());
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
    write(ByteBuffer.wrap(container.trailer()), Format.TRAILER);
    ArchiveSummary summary =
        new ArchiveSummary(
            position,
            tarPosition,
            members,
            dataBytes,
            segments,
            HexFormat.of().formatHex(whole.digest()));
    index.end(summary, digests.digest());
    return summary;
  }

  private void write(ByteBuffer bytes, int inTar) throws Failure {
    int length = bytes.remaining();
    whole.update(bytes.duplicate());
    archive.write(bytes.duplicate());
    position += length;
    tarPosition += inTar;
    progress.packed(tarPosition);
  }
}
