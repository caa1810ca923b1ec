package io.plasmabackup.age;

import com.exceptionfactory.jagged.RecipientStanza;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.util.OpenSSHPrivateKeyUtil;
import org.bouncycastle.crypto.util.OpenSSHPublicKeyUtil;

/** An SSH public key of a kind that age encrypts to. */
sealed interface SshPublicKey permits SshEd25519, SshRsa {

  /** Bytes of a key's digest that name it in a stanza. */
  int TAG = 4;

  /** Of the largest RSA keys there are. */
  int LONGEST_TEXT = 8192;

  /** What encrypts a file's key to it. */
  RecipientStanzaWriter writer();

  /**
   * Reads a line as in {@code authorized_keys}, without options.
   *
   * @throws UnusableKey whose message goes on from "the recipient"
   */
  static SshPublicKey parse(String line) throws UnusableKey {
    String[] words = line.strip().split("[ \t]+", 3);
    if (words.length < 2
        || line.length() > LONGEST_TEXT
        || !line.lines().skip(1).toList().isEmpty()) {
      throw new UnusableKey("is not one SSH public key as in a .pub file");
    }
    SshPublicKey key;
    try {
      byte[] blob = Base64.getDecoder().decode(words[1]);
      AsymmetricKeyParameter parsed = OpenSSHPublicKeyUtil.parsePublicKey(blob);
      if (!Arrays.equals(OpenSSHPublicKeyUtil.encodePublicKey(parsed), blob)) {
        throw new UnusableKey("is an SSH public key that is not written as such keys are");
      }
      key = of(parsed);
    } catch (IOException | RuntimeException malformed) {
      // Whatever the parser stumbles over.
      throw new UnusableKey("is not a whole SSH public key");
    }
    if (!key.type().equals(words[0])) {
      throw new UnusableKey("says that it is another kind of SSH key than it is");
    }
    return key;
  }

  /**
   * Reads a private key.
   *
   * @param blob decoded, and not protected by a passphrase
   * @throws UnusableKey whose message goes on from "it"
   */
  static RecipientStanzaReader reader(byte[] blob) throws UnusableKey {
    AsymmetricKeyParameter parsed;
    try {
      parsed = OpenSSHPrivateKeyUtil.parsePrivateKeyBlob(blob);
    } catch (RuntimeException malformed) {
      // Whatever the parser stumbles over.
      throw new UnusableKey("is not a whole private key");
    }
    return switch (parsed) {
      case Ed25519PrivateKeyParameters ed25519 -> SshEd25519.reader(ed25519);
      case RSAPrivateCrtKeyParameters rsa -> SshRsa.reader(rsa);
      default ->
          throw new UnusableKey(
              "is an SSH key of a kind that age doesn't know: it takes ed25519 and RSA");
    };
  }

  private static SshPublicKey of(AsymmetricKeyParameter key) throws UnusableKey {
    return switch (key) {
      case Ed25519PublicKeyParameters ed25519 -> SshEd25519.of(ed25519);
      case RSAKeyParameters rsa when !rsa.isPrivate() -> SshRsa.of(rsa);
      default ->
          throw new UnusableKey(
              "is an SSH key of a kind that age doesn't know: use ssh-ed25519 or ssh-rsa");
    };
  }

  /** As its line begins. */
  String type();

  /** What a stanza says whose it is. */
  static String tag(byte[] blob) {
    try {
      return base64(Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(blob), TAG));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A key's blob, of which its parameters are known. */
  static byte[] blob(AsymmetricKeyParameter key) {
    try {
      return OpenSSHPublicKeyUtil.encodePublicKey(key);
    } catch (IOException cannotHappenInMemory) {
      throw new AssertionError(cannotHappenInMemory);
    }
  }

  /** Whether a stanza is for a key, as far as it says. */
  static boolean isFor(RecipientStanza stanza, String type, String tag) {
    List<String> arguments = stanza.getArguments();
    return stanza.getType().equals(type)
        && !arguments.isEmpty()
        && arguments.getFirst().equals(tag);
  }
}
