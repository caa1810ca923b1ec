package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.walk.LeftOut;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last stage: packed segments, in order, to the sink, with the gaps between them and the
 * trailer; and to the index what is where. Used by one thread.
 */
final class StoreStage {

  /** Bytes that are copied in one go, about: the next ones are found out about meanwhile. */
  private static final long MOST_COPIED = 32 << 20;

  private final ArchiveSink archive;
  private final EarlierMembers earlier;
  private final IndexWriter index;
  private final SegmentListener listener;
  private final Progress progress;
  private final Container container;
  private final MessageDigest whole = Digests.sha256();
  private final MessageDigest digests = Digests.sha256();

  /** What is yet to be copied of the earlier archive, as one range; empty if these are the same. */
  private long copyFrom;

  private long copyTo;

  private long position;
  private long tarPosition;
  private long segments;
  private long members;
  private long dataBytes;

  /**
   * Where there are any of these, or of those that were copied, there is no digest of the whole.
   */
  private long sharedBytes;

  private long copiedBytes;
  private long readBytes;
  private long packedBytes;
  private long writtenBytes;

  StoreStage(
      Container container,
      ArchiveSink archive,
      EarlierMembers earlier,
      IndexWriter index,
      SegmentListener listener,
      Progress progress) {
    this.container = container;
    this.archive = archive;
    this.earlier = earlier;
    this.index = index;
    this.listener = listener;
    this.progress = progress;
  }

  void begin(IndexHeader header) throws Failure {
    index.header(header, container);
  }

  void store(PackedSegment packed) throws Failure {
    if (packed.segment().pieces().isEmpty()) {
      index.leftOut(packed.segment().leftOut());
      return;
    }
    requestCopy();
    byte[] filler = container.filler(position);
    if (filler.length > 0) {
      write(ByteBuffer.wrap(filler));
    }
    passed(filler);
    long start = position;
    long sharedBefore = sharedBytes;
    shareAndWrite(packed);
    byte[] sha256 = packed.sha256();
    if (sha256 == null && sharedBytes == sharedBefore) {
      sha256 = Digests.sha256(packed.bytes());
    }
    index.segment(
        segments,
        start,
        packed.bytes().remaining(),
        packed.segment(),
        packed.key(),
        sharedBytes - sharedBefore,
        sha256);
    long dataBefore = dataBytes;
    stored(packed.segment(), start, sha256);
    readBytes += dataBytes - dataBefore - (sharedBytes - sharedBefore);
    packedBytes += packed.bytes().remaining() - (sharedBytes - sharedBefore);
    for (Piece piece : packed.segment().pieces()) {
      if (!piece.continuesMember()) {
        earlier.next(MemberLine.of(piece));
      }
    }
  }

  /** Has a segment copied that the earlier archive has. */
  void copy(Segment segment, byte[] key, StoredSegment there) throws Failure {
    byte[] filler = container.filler(position);
    if (copyFrom < copyTo
        && copyTo - copyFrom < MOST_COPIED
        && there.offset() - copyTo == filler.length) {
      // What is between them there is the same: it follows from where a segment ends.
      position += filler.length;
      copiedBytes += filler.length;
    } else {
      requestCopy();
      if (filler.length > 0) {
        write(ByteBuffer.wrap(filler));
      }
      copyFrom = there.offset();
    }
    passed(filler);
    long start = position;
    copyTo = there.end();
    position += there.stored();
    copiedBytes += there.stored();
    index.segment(segments, start, there.stored(), segment, key, 0, there.sha256());
    stored(segment, start, there.sha256());
    earlier.same(there.offset());
  }

  private void requestCopy() throws Failure {
    if (copyFrom < copyTo) {
      archive.copy(copyFrom, copyTo - copyFrom);
      copyFrom = copyTo;
    }
  }

  /** Notes that the filler, which may be none, stands where the position is. */
  private void passed(byte[] filler) throws Failure {
    tarPosition += container.gapInTar(tarPosition);
    progress.packed(tarPosition);
    if (filler.length > 0) {
      tell(position - filler.length, filler.length, Digests.sha256().digest(filler));
    }
  }

  /** Notes that a segment stands between {@code start} and the position. */
  private void stored(Segment segment, long start, byte @Nullable [] sha256) throws Failure {
    tarPosition += segment.length();
    progress.packed(tarPosition);
    if (sha256 != null) {
      digests.update(sha256);
      tell(start, (int) (position - start), sha256.clone());
    }
    segments++;
    for (Piece piece : segment.pieces()) {
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
      archive.expect(offset, length, sha256);
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
    requestCopy();
    byte[] trailer = container.trailer();
    write(ByteBuffer.wrap(trailer));
    tarPosition += Format.TRAILER;
    progress.packed(tarPosition);
    if (sharedBytes == 0) {
      archive.expect(position - trailer.length, trailer.length, Digests.sha256().digest(trailer));
    }
    Optional<ArchiveSummary.Encrypted> encrypted = archive.end();
    // Waits for all that was copied.
    Optional<byte[]> sha256 = sha256();
    ArchiveSummary summary =
        new ArchiveSummary(
            position,
            tarPosition,
            members,
            dataBytes,
            segments,
            new Work(
                readBytes,
                packedBytes,
                archive.sent(writtenBytes),
                copiedBytes,
                archive.clonedBytes(),
                sharedBytes,
                earlier.end()),
            sha256.map(HexFormat.of()::formatHex),
            encrypted);
    index.end(summary, sharedBytes == 0 ? digests.digest() : null, trailer);
    return summary;
  }

  private Optional<byte[]> sha256() throws Failure {
    return isReadAsAWhole() ? Optional.of(whole.digest()) : archive.sha256();
  }

  private boolean isReadAsAWhole() {
    return sharedBytes == 0 && copiedBytes == 0;
  }

  private void write(ByteBuffer bytes) throws Failure {
    if (!bytes.hasRemaining()) {
      return;
    }
    int length = bytes.remaining();
    if (isReadAsAWhole()) {
      whole.update(bytes.duplicate());
    }
    archive.write(bytes.duplicate());
    position += length;
    writtenBytes += length;
  }
}
