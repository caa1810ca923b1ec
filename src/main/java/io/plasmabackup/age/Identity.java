package io.plasmabackup.age;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A private key, that opens files. It shows nothing of itself. */
public final class Identity {

  private static final String SECRET = "AGE-SECRET-KEY-1";
  private static final String AGE = "age-encryption.org/";
  private static final String ARMORED = "-----BEGIN AGE";
  private static final Pattern PEM =
      Pattern.compile(
          "\\s*-----BEGIN (OPENSSH|RSA) PRIVATE KEY-----\\s([^-]*)-----END \\1 PRIVATE KEY-----\\s*");
  private static final byte[] OPENSSH = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NO_CIPHER = "\0\0\0\4none".getBytes(StandardCharsets.US_ASCII);
  private static final String PASSPHRASE =
      "is protected by a passphrase, which is not asked for here: decrypt it yourself, with ";

  private final RecipientStanzaReader reader;

  private Identity(RecipientStanzaReader reader) {
    this.reader = reader;
  }

  /**
   * Reads an identity file: lines {@code AGE-SECRET-KEY-1...}, comments and empty lines; or an
   * OpenSSH private key without a passphrase.
   *
   * @throws UnusableKey whose message goes on from the file's name
   */
  public static List<Identity> parse(byte[] file) throws UnusableKey {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    if (text.startsWith(AGE) || text.startsWith(ARMORED)) {
      throw new UnusableKey(PASSPHRASE + "age -d");
    }
    return text.stripLeading().startsWith("-----") ? List.of(ssh(text)) : age(text);
  }

  private static List<Identity> age(String text) throws UnusableKey {
    List<Identity> identities = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      String key = line.strip();
      if (key.isEmpty() || key.startsWith("#")) {
        continue;
      }
      if (!key.startsWith(SECRET)) {
        throw new UnusableKey(
            "has a line %d that is no AGE-SECRET-KEY-1...; those of plugins, and post-quantum ones, are not supported"
                .formatted(number));
      }
      try {
        identities.add(
            new Identity(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(key)));
      } catch (GeneralSecurityException | RuntimeException e) {
        // Not that exception, which may show the key.
        throw new UnusableKey("has a line %d that is no whole key".formatted(number));
      }
    }
    if (identities.isEmpty()) {
      throw new UnusableKey("has no key in it");
    }
    return identities;
  }

  private static Identity ssh(String text) throws UnusableKey {
    Matcher pem = PEM.matcher(text);
    if (!pem.matches()) {
      throw new UnusableKey(
          text.contains("ENCRYPTED")
              ? PASSPHRASE + "ssh-keygen -p on a copy"
              : "is no private key of OpenSSH, nor of age");
    }
    byte[] blob;
    try {
      blob = Base64.getMimeDecoder().decode(pem.group(2));
    } catch (IllegalArgumentException e) {
      throw new UnusableKey("is not a whole private key");
    }
    if (startsWith(blob, 0, OPENSSH) && !startsWith(blob, OPENSSH.length, NO_CIPHER)) {
      throw new UnusableKey(PASSPHRASE + "ssh-keygen -p on a copy");
    }
    return new Identity(SshPublicKey.reader(blob));
  }

  private static boolean startsWith(byte[] bytes, int at, byte[] beginning) {
    return bytes.length >= at + beginning.length
        && ByteBuffer.wrap(bytes, at, beginning.length).equals(ByteBuffer.wrap(beginning));
  }

  RecipientStanzaReader reader() {
    return reader;
  }
}
