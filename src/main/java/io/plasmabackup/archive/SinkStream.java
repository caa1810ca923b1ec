package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** An index's way to its sink, with its digest, through streams that know {@code IOException}. */
final class SinkStream extends OutputStream {

  private final ArchiveSink sink;
  private final MessageDigest sha256;

  private SinkStream(ArchiveSink sink, MessageDigest sha256) {
    this.sink = sink;
    this.sha256 = sha256;
  }

  /** Compresses lines on their way to the sink, of which {@code sha256} is to be. */
  static IndexFrames frames(ArchiveSink sink, MessageDigest sha256) throws IOException {
    return new IndexFrames(new SinkStream(sink, sha256));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    sha256.update(bytes, offset, length);
    try {
      sink.write(ByteBuffer.wrap(bytes, offset, length));
    } catch (Failure e) {
      throw new IOException(e);
    }
  }

  /** The failure of the sink, or another one of the stream. */
  static Failure failure(Exception e) {
    return Failure.behind(e)
        .orElseGet(
            () -> new Failure(ExitCode.STORAGE, "cannot write the index: " + e.getMessage(), e));
  }
}
