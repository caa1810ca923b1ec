package io.plasmabackup.age;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.Optional;

/** Somebody to whom a file can be encrypted: a public key. */
public final class Recipient {

  private static final String AGE = "age1";
  private static final String SSH = "ssh-";

  /** In capitals; there is none among the public ones. */
  private static final String SECRET = "AGE-SECRET-KEY-";

  private static final String PEM = "-----BEGIN";

  private final RecipientStanzaWriter writer;

  private Recipient(RecipientStanzaWriter writer) throws UnusableKey {
    this.writer = writer;
    try {
      // Sees, too, that it is a key with which something can be encrypted.
      var _ = writer.getRecipientStanzas(new FileKey());
    } catch (GeneralSecurityException e) {
      throw new UnusableKey("is a key to which nothing can be encrypted");
    }
  }

  /**
   * Reads a recipient: {@code age1...}, or an SSH public key as in {@code authorized_keys}, {@code
   * ssh-ed25519 ...} or {@code ssh-rsa ...}, with or without a comment.
   *
   * @param text untrusted
   * @throws UnusableKey whose message goes on from "the recipient"
   */
  public static Recipient parse(String text) throws UnusableKey {
    String upper = text.toUpperCase(Locale.ROOT);
    if (upper.contains(SECRET) || upper.contains(PEM)) {
      throw new UnusableKey(
          "is a private key, which must not be here: write the public one that belongs to it"
              + " (age-keygen -y prints it), and keep the private one elsewhere");
    }
    if (text.startsWith(AGE)) {
      try {
        return new Recipient(X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(text));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        throw new UnusableKey(
            "begins with age1, but is not a whole age recipient; those of plugins, and"
                + " post-quantum ones, are not supported");
      }
    }
    if (text.startsWith(SSH)) {
      return new Recipient(SshPublicKey.parse(text).writer());
    }
    throw new UnusableKey("is neither age1..., nor ssh-ed25519 ..., nor ssh-rsa ...");
  }

  /** What is wrong with a recipient, as {@link #parse} says; empty if nothing is. */
  public static Optional<String> problem(String text) {
    try {
      var _ = parse(text);
      return Optional.empty();
    } catch (UnusableKey e) {
      return Optional.of(e.getMessage());
    }
  }

  RecipientStanzaWriter writer() {
    return writer;
  }
}
