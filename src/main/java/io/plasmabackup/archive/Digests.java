package io.plasmabackup.archive;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, which every Java has. */
public final class Digests {

  private Digests() {}

  /** Of what remains in the buffer, which stays as it is. */
  static byte[] sha256(ByteBuffer bytes) {
    MessageDigest sha256 = sha256();
    sha256.update(bytes.duplicate());
    return sha256.digest();
  }

  /** A new one. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
