package io.plasmabackup.age;

import com.exceptionfactory.jagged.framework.format.StandardPayloadKeyWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What one file is encrypted with, and how it begins. It is made anew for each file: two files, or
 * two contents of one, must not have the same. Shows nothing of itself.
 */
public final class PayloadKey {

  /** Bytes from the file's start in which its header ends. */
  public static final int LONGEST_HEADER = 64 * 1024;

  private static final int KEY = 32;

  /** The nonce that stands between header and payload included. */
  private final byte[] header;

  private final byte[] key;

  private PayloadKey(byte[] header, byte[] key) {
    this.header = header;
    this.key = key;
  }

  /**
   * Makes the key of one file, and encrypts it to all of some recipients.
   *
   * @param recipients at least one
   */
  public static PayloadKey create(List<Recipient> recipients) {
    if (recipients.isEmpty()) {
      throw new IllegalArgumentException("no recipients");
    }
    ByteBuffer header = ByteBuffer.allocate(LONGEST_HEADER);
    try {
      byte[] key =
          new StandardPayloadKeyWriter()
              .writeFileHeader(header, recipients.stream().map(Recipient::writer).toList())
              .getEncoded();
      return new PayloadKey(Arrays.copyOf(header.array(), header.position()), key);
    } catch (GeneralSecurityException | IOException e) {
      // Each of them has encrypted a key before.
      throw new IllegalStateException("cannot encrypt to the recipients", e);
    }
  }

  /** What the file begins with. */
  public byte[] header() {
    return header.clone();
  }

  /** For the file's payload. */
  public ChunkCipher cipher() {
    return new ChunkCipher(key);
  }

  /** All of it, the secret too, to be kept where nobody else reads. */
  public byte[] toBytes() {
    byte[] bytes = Arrays.copyOf(key, KEY + header.length);
    System.arraycopy(header, 0, bytes, KEY, header.length);
    return bytes;
  }

  /** What {@link #toBytes} gave; empty if it is too short for that, or too long. */
  public static Optional<PayloadKey> fromBytes(byte[] bytes) {
    return bytes.length <= KEY || bytes.length > KEY + LONGEST_HEADER
        ? Optional.empty()
        : Optional.of(
            new PayloadKey(
                Arrays.copyOfRange(bytes, KEY, bytes.length), Arrays.copyOf(bytes, KEY)));
  }
}
