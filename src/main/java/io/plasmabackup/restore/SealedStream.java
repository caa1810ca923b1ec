package io.plasmabackup.restore;

import io.plasmabackup.archive.Digests;
import io.plasmabackup.archive.IndexDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Passes an index on, and compares all of it with the digest that it ends in. */
final class SealedStream extends InputStream {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final InputStream in;
  private final MessageDigest sha256 = Digests.sha256();
  private final byte[] seal = new byte[IndexDirectory.SEAL];

  /** Where the digest stands. */
  private final long sealAt;

  private long at;

  /**
   * Reads an index.
   *
   * @param in all of it; stays open
   * @param size how many bytes it has
   */
  SealedStream(InputStream in, long size) {
    this.in = in;
    this.sealAt = size - IndexDirectory.FOOTER - IndexDirectory.SEAL;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int count = in.read(into, offset, length);
    int digested = Math.clamp(sealAt - at, 0, Math.max(count, 0));
    sha256.update(into, offset, digested);
    at += digested;
    for (int i = digested; i < count; i++, at++) {
      long inSeal = at - sealAt;
      if (inSeal >= 0 && inSeal < seal.length) {
        seal[(int) inSeal] = into[offset + i];
      }
    }
    return count;
  }

  /** Reads what is left, and tells whether the digest is right. To be asked once. */
  boolean isRight() throws IOException {
    byte[] rest = new byte[BUFFER_BYTES];
    while (read(rest, 0, rest.length) >= 0) {
      // Digests it.
    }
    return sealAt > 0 && MessageDigest.isEqual(sha256.digest(), seal);
  }
}
