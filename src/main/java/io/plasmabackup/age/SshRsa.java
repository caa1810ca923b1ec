package io.plasmabackup.age;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanza;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;

/**
 * The stanzas of an RSA key: the file's key, by OAEP with SHA-256.
 *
 * @param blob the public key as SSH has it
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record SshRsa(byte[] blob, PublicKey key) implements SshPublicKey {

  private static final String TYPE = "ssh-rsa";
  private static final int LEAST_BITS = 2048;
  private static final int MOST_BITS = 16_384;
  private static final OAEPParameterSpec OAEP =
      new OAEPParameterSpec(
          "SHA-256",
          "MGF1",
          MGF1ParameterSpec.SHA256,
          new PSource.PSpecified(
              "age-encryption.org/v1/ssh-rsa".getBytes(StandardCharsets.US_ASCII)));

  static SshRsa of(RSAKeyParameters key) throws UnusableKey {
    int bits = key.getModulus().bitLength();
    if (bits < LEAST_BITS || bits > MOST_BITS) {
      throw new UnusableKey(
          "is an RSA key of %d bits; it must have %d to %d".formatted(bits, LEAST_BITS, MOST_BITS));
    }
    try {
      return new SshRsa(
          SshPublicKey.blob(key),
          KeyFactory.getInstance("RSA")
              .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getExponent())));
    } catch (GeneralSecurityException e) {
      throw new UnusableKey("is no RSA key that can be used");
    }
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public RecipientStanzaWriter writer() {
    return fileKey ->
        List.of(
            new Stanza(
                TYPE,
                List.of(SshPublicKey.tag(blob)),
                rsa(Cipher.ENCRYPT_MODE, key, fileKey.getEncoded())));
  }

  private static byte[] rsa(int mode, Key key, byte[] text) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
    cipher.init(mode, key, OAEP);
    return cipher.doFinal(text);
  }

  /** What finds a file's key by a private key. */
  static RecipientStanzaReader reader(RSAPrivateCrtKeyParameters key) throws UnusableKey {
    SshRsa own = of(new RSAKeyParameters(false, key.getModulus(), key.getPublicExponent()));
    PrivateKey secret;
    try {
      secret =
          KeyFactory.getInstance("RSA")
              .generatePrivate(
                  new RSAPrivateCrtKeySpec(
                      key.getModulus(),
                      key.getPublicExponent(),
                      key.getExponent(),
                      key.getP(),
                      key.getQ(),
                      key.getDP(),
                      key.getDQ(),
                      key.getQInv()));
    } catch (GeneralSecurityException e) {
      throw new UnusableKey("is no RSA key that can be used");
    }
    String tag = SshPublicKey.tag(own.blob);
    return stanzas -> {
      for (RecipientStanza stanza : stanzas) {
        if (SshPublicKey.isFor(stanza, TYPE, tag)) {
          return new FileKey(rsa(Cipher.DECRYPT_MODE, secret, stanza.getBody()));
        }
      }
      throw new UnsupportedRecipientStanzaException("none for this key");
    };
  }
}
