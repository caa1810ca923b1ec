package io.plasmabackup.age;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanza;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.codec.CanonicalBase64;
import com.exceptionfactory.jagged.framework.crypto.CipherKey;
import com.exceptionfactory.jagged.framework.crypto.EncryptedFileKey;
import com.exceptionfactory.jagged.framework.crypto.FileKeyDecryptorFactory;
import com.exceptionfactory.jagged.framework.crypto.FileKeyEncryptorFactory;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.math.ec.rfc7748.X25519;

/**
 * The stanzas of an ed25519 key, which becomes an X25519 key by the map between the two curves (RFC
 * 7748, 4.1), so: as age's X25519, with a shared secret that is tweaked by the SSH key.
 *
 * @param blob the public key as SSH has it
 * @param point the public key on the other curve
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record SshEd25519(byte[] blob, byte[] point) implements SshPublicKey {

  private static final String TYPE = "ssh-ed25519";
  private static final byte[] LABEL =
      "age-encryption.org/v1/ssh-ed25519".getBytes(StandardCharsets.US_ASCII);
  private static final int LENGTH = 32;
  private static final int ARGUMENTS = 2;
  private static final int ENCRYPTED_FILE_KEY = 32;

  private static final BigInteger PRIME = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

  static SshEd25519 of(Ed25519PublicKeyParameters key) throws UnusableKey {
    return new SshEd25519(SshPublicKey.blob(key), montgomery(key.getEncoded()));
  }

  /** u = (1 + y) / (1 − y), of which the key has y, lowest byte first, and a sign. */
  private static byte[] montgomery(byte[] key) throws UnusableKey {
    byte[] bytes = reversed(key);
    bytes[0] &= 0x7f;
    BigInteger y = new BigInteger(1, bytes);
    BigInteger divisor = BigInteger.ONE.subtract(y).mod(PRIME);
    if (divisor.signum() == 0) {
      throw new UnusableKey("is a key to which nothing can be encrypted");
    }
    BigInteger u = BigInteger.ONE.add(y).multiply(divisor.modInverse(PRIME)).mod(PRIME);
    byte[] big = u.toByteArray();
    byte[] point = new byte[LENGTH];
    int length = Math.min(big.length, LENGTH);
    System.arraycopy(big, big.length - length, point, LENGTH - length, length);
    return reversed(point);
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public RecipientStanzaWriter writer() {
    return fileKey -> {
      byte[] ephemeral = new byte[LENGTH];
      X25519.generatePrivateKey(new SecureRandom(), ephemeral);
      byte[] share = new byte[LENGTH];
      X25519.generatePublicKey(ephemeral, 0, share, 0);
      byte[] body =
          new FileKeyEncryptorFactory()
              .newFileKeyEncryptor()
              .getEncryptedFileKey(fileKey, wrapKey(ephemeral, point, share))
              .getEncoded();
      return List.of(
          new Stanza(TYPE, List.of(SshPublicKey.tag(blob), SshPublicKey.base64(share)), body));
    };
  }

  /**
   * The key that a file's key is encrypted with.
   *
   * @param secret one's own: the ephemeral one, or the identity
   * @param other the other's public point
   */
  private CipherKey wrapKey(byte[] secret, byte[] other, byte[] share)
      throws GeneralSecurityException {
    byte[] shared = agreed(derived(new byte[0], blob), agreed(secret, other));
    byte[] salt = Arrays.copyOf(share, 2 * LENGTH);
    System.arraycopy(point, 0, salt, LENGTH, LENGTH);
    return new CipherKey(derived(shared, salt));
  }

  private static byte[] agreed(byte[] secret, byte[] point) throws GeneralSecurityException {
    byte[] shared = new byte[LENGTH];
    if (!X25519.calculateAgreement(secret, 0, point, 0, shared, 0)) {
      throw new InvalidKeyException("a point of low order");
    }
    return shared;
  }

  private static byte[] derived(byte[] key, byte[] salt) {
    HKDFBytesGenerator generator = new HKDFBytesGenerator(new SHA256Digest());
    generator.init(new HKDFParameters(key, salt, LABEL));
    byte[] derived = new byte[LENGTH];
    generator.generateBytes(derived, 0, LENGTH);
    return derived;
  }

  /** What finds a file's key by a private key. */
  static RecipientStanzaReader reader(Ed25519PrivateKeyParameters key) throws UnusableKey {
    SshEd25519 own = of(key.generatePublicKey());
    byte[] secret;
    try {
      secret = Arrays.copyOf(MessageDigest.getInstance("SHA-512").digest(key.getEncoded()), LENGTH);
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
    String tag = SshPublicKey.tag(own.blob);
    return stanzas -> {
      for (RecipientStanza stanza : stanzas) {
        if (SshPublicKey.isFor(stanza, TYPE, tag)) {
          return own.fileKey(stanza, secret);
        }
      }
      throw new UnsupportedRecipientStanzaException("none for this key");
    };
  }

  private FileKey fileKey(RecipientStanza stanza, byte[] secret) throws GeneralSecurityException {
    List<String> arguments = stanza.getArguments();
    byte[] share =
        arguments.size() == ARGUMENTS
            ? CanonicalBase64.getDecoder()
                .decode(arguments.getLast().getBytes(StandardCharsets.US_ASCII))
            : new byte[0];
    byte[] body = stanza.getBody();
    if (share.length != LENGTH || body.length != ENCRYPTED_FILE_KEY) {
      throw new InvalidKeyException("a malformed stanza");
    }
    return new FileKeyDecryptorFactory()
        .newFileKeyDecryptor()
        .getFileKey(new EncryptedFileKey(body), wrapKey(secret, share, share));
  }
}
