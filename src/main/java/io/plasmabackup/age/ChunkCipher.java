package io.plasmabackup.age;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts, or decrypts, the chunks of one payload, in any order. That is not left to Jagged, whose
 * channels only go from front to back and choose the key themselves: so a range could not be read
 * by itself, nor an upload be gone on with. The cipher is the JDK's. Used by one thread.
 */
public final class ChunkCipher {

  private static final String ALGORITHM = "ChaCha20-Poly1305";
  private static final int NONCE = 12;

  /** Where in the nonce the last eight of eleven bytes of counter begin. */
  private static final int COUNTER = 3;

  private final SecretKeySpec key;
  private final Cipher cipher;

  ChunkCipher(byte[] payloadKey) {
    this.key = new SecretKeySpec(payloadKey, "ChaCha20");
    try {
      this.cipher = Cipher.getInstance(ALGORITHM);
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
  }

  /**
   * Encrypts a chunk. No chunk may ever be encrypted twice with different content.
   *
   * @param chunk its number, from 0 on
   * @param into has room for {@link Payload#TAG} bytes more than {@code length}
   * @return bytes written
   */
  int encrypt(long chunk, boolean last, byte[] from, int length, byte[] into, int at) {
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, nonce(chunk, last));
      return cipher.doFinal(from, 0, length, into, at);
    } catch (GeneralSecurityException cannotHappen) {
      throw new AssertionError(cannotHappen);
    }
  }

  /**
   * Decrypts a chunk.
   *
   * @param length with {@link Payload#TAG}
   * @return bytes written
   * @throws GeneralSecurityException if it is not what was encrypted as that chunk
   */
  public int decrypt(
      long chunk, boolean last, byte[] from, int offset, int length, byte[] into, int at)
      throws GeneralSecurityException {
    cipher.init(Cipher.DECRYPT_MODE, key, nonce(chunk, last));
    return cipher.doFinal(from, offset, length, into, at);
  }

  private static IvParameterSpec nonce(long chunk, boolean last) {
    byte[] nonce = new byte[NONCE];
    ByteBuffer.wrap(nonce).putLong(COUNTER, chunk);
    nonce[NONCE - 1] = (byte) (last ? 1 : 0);
    return new IvParameterSpec(nonce);
  }
}
