package io.plasmabackup.restore;

import io.plasmabackup.archive.Digests;
import io.plasmabackup.archive.IndexLine.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The tar in an archive that is read once, from its start to its end, and cut into segments
 * meanwhile: docs/format.md, "A rebuilt index". A segment is a range of the archive, and of the tar
 * that comes out of it; it has nothing to do with where members begin. Read by one thread.
 */
abstract class SegmentedTar extends InputStream {

  private final DigestingStream archive;
  private final Queue<Segment> complete = new ArrayDeque<>();
  private final MessageDigest digests = Digests.sha256();
  private MessageDigest sha256 = Digests.sha256();
  private long number;

  /** How much of the archive belongs to what came out so far. */
  private long position;

  private long tarPosition;

  // The current segment.
  private long offset;
  private long tarOffset;
  private long frame;
  private long skip;

  SegmentedTar(InputStream archive) {
    this.archive = new DigestingStream(archive);
  }

  /**
   * Reads an archive.
   *
   * @param archive what is stored, from its start on; stays the caller's
   */
  static SegmentedTar of(InputStream archive, boolean compressed) {
    return compressed ? new ZstdSegments(archive) : new PlainSegments(archive);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public abstract int read(byte[] into, int offset, int length) throws IOException;

  /** Reads what is stored. */
  int readStored(byte[] into, int offset, int length) throws IOException {
    return archive.read(into, offset, length);
  }

  /**
   * Something came out.
   *
   * @param stored what of the archive was taken for it
   * @param tar bytes of tar
   */
  void passed(ByteBuffer stored, int tar) {
    position += stored.remaining();
    tarPosition += tar;
    sha256.update(stored);
  }

  long position() {
    return position;
  }

  long tarPosition() {
    return tarPosition;
  }

  /** Bytes of tar in the current segment so far. */
  long length() {
    return tarPosition - tarOffset;
  }

  /**
   * Ends the current segment.
   *
   * @param nextFrame where in the archive the next one is to be decompressed from
   * @param nextSkip bytes of tar between that and the next one
   */
  void cut(long nextFrame, long nextSkip) {
    byte[] digest = sha256.digest();
    digests.update(digest);
    complete.add(
        new Segment(
            number++,
            Optional.empty(),
            offset,
            position - offset,
            tarPosition - tarOffset,
            Optional.of(HexFormat.of().formatHex(digest)),
            Optional.empty(),
            frame,
            skip));
    sha256 = Digests.sha256();
    offset = position;
    tarOffset = tarPosition;
    frame = nextFrame;
    skip = nextSkip;
  }

  /** The next segment of which all has come out; null if there is none yet. */
  @Nullable Segment poll() {
    return complete.poll();
  }

  /**
   * Ends the last segment, when all was read.
   *
   * @return SHA-256 of the whole archive
   */
  byte[] finish() throws IOException {
    if (length() > 0) {
      cut(position, 0);
    }
    return archive.finish();
  }

  /** How many segments there were; after {@link #finish}. */
  long segments() {
    return number;
  }

  /** SHA-256 over the segments' digests, in order; to be asked for once, after {@link #finish}. */
  byte[] digestOfDigests() {
    return digests.digest();
  }

  @Override
  public void close() {
    archive.close();
  }
}
