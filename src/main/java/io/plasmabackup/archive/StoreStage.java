package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.walk.LeftOut;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

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

  /** Of what these are, there are no digests of the whole. */
  private long sharedBytes;

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
      tell(position - filler.length, filler.length, Digests.sha256().digest(filler));
    }
    long start = position;
    long sharedBefore = sharedBytes;
    shareAndWrite(packed);
    tarPosition += packed.segment().length();
    progress.packed(tarPosition);
    byte[] sha256 = packed.sha256();
    if (sha256 == null && sharedBytes == sharedBefore) {
      sha256 = Digests.sha256(packed.bytes());
    }
    index.segment(segments, start, packed, sharedBytes - sharedBefore, sha256);
    if (sha256 != null) {
      digests.update(sha256);
      tell(start, (int) (position - start), sha256.clone());
    }
    segments++;
    for (Piece piece : packed.segment().pieces()) {
      dataBytes += piece.dataLength();
      members += piece.continuesMember() ? 0 : 1;
    }
  }

  /** Shares what is to be shared, as far as the archive takes it, and writes what is between. */
  private void shareAndWrite(PackedSegment packed) throws Failure {
    ByteBuffer bytes = packed.bytes();
    int written = bytes.position();
    for (SharedFile file : packed.shared()) {
      for (SharedFile.Range range : file.ranges()) {
        write(bytes.slice(written, range.at() - written));
        written = range.at();
        if (archive.share(file.file(), range.position(), range.length())) {
          written += range.length();
          position += range.length();
          sharedBytes += range.length();
        } else {
          file.read(range, bytes);
        }
      }
    }
    write(bytes.slice(written, bytes.limit() - written));
  }

  /** The listener hears of nothing more once there is something of which it couldn't. */
  private void tell(long offset, int length, byte[] sha256) throws Failure {
    if (sharedBytes == 0) {
      listener.stored(offset, length, sha256);
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
            sharedBytes,
            sharedBytes == 0
                ? Optional.of(HexFormat.of().formatHex(whole.digest()))
                : Optional.empty());
    index.end(summary, sharedBytes == 0 ? digests.digest() : null);
    return summary;
  }

  private void write(ByteBuffer bytes, int inTar) throws Failure {
    write(bytes);
    tarPosition += inTar;
    progress.packed(tarPosition);
  }

  private void write(ByteBuffer bytes) throws Failure {
    if (!bytes.hasRemaining()) {
      return;
    }
    int length = bytes.remaining();
    if (sharedBytes == 0) {
      whole.update(bytes.duplicate());
    }
    archive.write(bytes.duplicate());
    position += length;
  }
}
