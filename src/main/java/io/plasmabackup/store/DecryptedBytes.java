package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.age.ChunkCipher;
import io.plasmabackup.age.Identity;
import io.plasmabackup.age.MalformedHeader;
import io.plasmabackup.age.NotForUs;
import io.plasmabackup.age.OpenedHeader;
import io.plasmabackup.age.Payload;
import io.plasmabackup.age.PayloadKey;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.OptionalLong;

/**
 * The content of a stored age file, any range of which is read by decrypting the chunks that have
 * it. What is given out was authenticated before, and so was the file's end.
 */
final class DecryptedBytes implements StoredBytes {

  private final StoredBytes stored;
  private final String shown;

  /** Bytes before the payload. */
  private final int header;

  private final ChunkCipher cipher;
  private final long size;
  private final long chunks;

  private final byte[] encrypted = new byte[Payload.STORED_CHUNK];
  private final byte[] content = new byte[Payload.CHUNK];

  /** Which chunk {@link #content} is; -1 if none. */
  private long current = -1;

  private int currentLength;

  private DecryptedBytes(StoredBytes stored, String shown, OpenedHeader opened, long size) {
    this.stored = stored;
    this.shown = shown;
    this.header = opened.length();
    this.cipher = opened.cipher();
    this.size = size;
    this.chunks = Math.max(1, Math.ceilDiv(size, Payload.CHUNK));
  }

  /**
   * Opens a file.
   *
   * @param stored closed with what is returned; if this fails it stays the caller's
   * @param shown where it is, for messages
   * @throws KeyMissing if none of the identities opens it
   */
  static DecryptedBytes open(StoredBytes stored, String shown, List<Identity> identities)
      throws Failure {
    byte[] start = new byte[(int) Math.min(stored.size(), PayloadKey.LONGEST_HEADER)];
    if (stored.read(0, start, 0, start.length) < start.length) {
      throw damaged(shown, "it has become shorter");
    }
    OpenedHeader opened;
    try {
      opened = OpenedHeader.open(start, identities);
    } catch (NotForUs e) {
      throw new KeyMissing(
          ExitCode.REFUSED,
          shown
              + " is encrypted, and none of the given identities opens it (or its header is"
              + " damaged); give --identity with a private key of one of the recipients that were"
              + " configured when it was made");
    } catch (MalformedHeader e) {
      throw damaged(shown, e.getMessage());
    }
    OptionalLong size = Payload.content(stored.size() - opened.length());
    if (size.isEmpty()) {
      throw damaged(shown, "it is not as long as any age file, so something is missing or added");
    }
    DecryptedBytes decrypted = new DecryptedBytes(stored, shown, opened, size.getAsLong());
    // Only the last one says that nothing is missing behind it.
    decrypted.load(decrypted.chunks - 1);
    return decrypted;
  }

  private static Failure damaged(String shown, String why) {
    return new EncryptedDamage(shown, why);
  }

  private long at(long chunk) {
    return header + chunk * Payload.STORED_CHUNK;
  }

  private int storedLength(long chunk) {
    return (int) Math.min(Payload.STORED_CHUNK, stored.size() - at(chunk));
  }

  private void load(long chunk) throws Failure {
    if (current == chunk) {
      return;
    }
    int length = storedLength(chunk);
    if (stored.read(at(chunk), encrypted, 0, length) < length) {
      throw damaged(shown, "it has become shorter");
    }
    decrypt(chunk, length);
  }

  /** Makes {@link #content} what {@link #encrypted} is. */
  private void decrypt(long chunk, int length) throws Failure {
    current = -1;
    try {
      currentLength = cipher.decrypt(chunk, chunk == chunks - 1, encrypted, 0, length, content, 0);
      current = chunk;
    } catch (GeneralSecurityException e) {
      throw damaged(
          shown,
          "bytes %,d to %,d are not what was encrypted"
              .formatted(at(chunk), at(chunk) + length - 1));
    }
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws Failure {
    int done = 0;
    while (done < length && position + done < size) {
      load((position + done) / Payload.CHUNK);
      done += copy(position + done, into, offset + done, length - done);
    }
    return done;
  }

  /** Copies what there is of it in the chunk that was loaded. */
  private int copy(long position, byte[] into, int offset, int length) {
    int within = (int) (position - current * Payload.CHUNK);
    int count = Math.min(length, currentLength - within);
    System.arraycopy(content, within, into, offset, count);
    return count;
  }

  @Override
  public InputStream stream(long position) {
    return new Stream(position);
  }

  /** Reads the stored chunks in a row, so that they can be read ahead. */
  private final class Stream extends InputStream {

    private final byte[] one = new byte[1];
    private final InputStream chunksAhead;
    private long position;

    /** The chunk that comes next in the stream. */
    private long next;

    Stream(long position) {
      this.position = position;
      this.next = position / Payload.CHUNK;
      this.chunksAhead = stored.stream(at(next));
    }

    @Override
    public int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (position >= size) {
        return -1;
      }
      try {
        long chunk = position / Payload.CHUNK;
        if (current != chunk || chunk >= next) {
          chunksAhead.skipNBytes((chunk - next) * Payload.STORED_CHUNK);
          int stored = storedLength(chunk);
          if (chunksAhead.readNBytes(encrypted, 0, stored) < stored) {
            throw damaged(shown, "it has become shorter");
          }
          decrypt(chunk, stored);
          next = chunk + 1;
        }
        int count = copy(position, into, offset, length);
        position += count;
        return count;
      } catch (Failure e) {
        throw new IOException(e);
      }
    }

    @Override
    public long skip(long length) {
      long skipped = Math.clamp(size - position, 0, Math.max(length, 0));
      position += skipped;
      return skipped;
    }

    @Override
    public void close() throws IOException {
      chunksAhead.close();
    }
  }

  @Override
  public void close() throws Failure {
    stored.close();
  }
}
